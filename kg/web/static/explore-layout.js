// Places the things of a picture. Each pushes the others away and relations pull (after
// d3-force), boxes of names don't overlap, and what stood before moves little when more comes.
"use strict";

const exploreLayout = (() => {
  const APART = 74;          // length of a relation
  const PUSH = 1500;         // of two things, falling with the square of their distance
  const REACH = 520;         // things farther away don't push
  const BOX = { width: 112, height: 66 };  // of a thing with its name; a large one has its own height
  const GRAVITY = 0.035;
  const SLOWER = 0.55, COOLER = 0.965, COLD = 0.012;
  const GOLDEN = Math.PI * (3 - Math.sqrt(5));

  // Put things that have no place yet around the one that they came with, or around the middle.
  function seed(things, around, outwards) {
    const free = things.filter((thing) => thing.x === undefined);
    const turn = outwards ?? 0;
    free.forEach((thing, place) => {
      const radius = APART * (0.55 + 0.42 * Math.sqrt(place));
      // With a direction, they fan out to that side; otherwise they go all round.
      const angle = outwards === undefined ? place * GOLDEN : turn + ((place * GOLDEN) % 2 - 1) * 1.2;
      thing.x = around.x + radius * Math.cos(angle);
      thing.y = around.y + radius * Math.sin(angle) * 0.8;
    });
  }

  // A run of the simulation: call step() until it says that all is cold. Of `things`, the first
  // `moving` may move; `links` are pairs of places in the list.
  function run(things, links, { moving, heat, wide }) {
    const count = things.length;
    const x = Float64Array.from(things, (thing) => thing.x), y = Float64Array.from(things, (thing) => thing.y);
    const tall = Float64Array.from(things, (thing) => thing.tall ?? BOX.height);
    const dx = new Float64Array(count), dy = new Float64Array(count), degree = new Float64Array(count);
    for (const [one, other] of links) { degree[one] += 1; degree[other] += 1; }
    let alpha = heat;

    const push = () => {
      for (let i = 0; i < moving; i += 1) {
        for (let j = i + 1; j < count; j += 1) {
          let across = x[j] - x[i], down = y[j] - y[i];
          if (across > REACH || across < -REACH || down > REACH || down < -REACH) continue;
          if (across === 0 && down === 0) { across = 1 + (i % 7); down = 1 + (j % 5); }
          const force = (PUSH * alpha) / Math.max(across * across + down * down, 400);
          dx[i] -= across * force; dy[i] -= down * force;
          dx[j] += across * force; dy[j] += down * force;
          // Boxes that overlap give way on the side where less is missing.
          const height = (tall[i] + tall[j]) / 2, over = BOX.width - Math.abs(across), under = height - Math.abs(down);
          if (over > 0 && under > 0) {
            const aside = over / BOX.width < under / height;
            const way = (aside ? (across < 0 ? -over : over) : (down < 0 ? -under : under)) * 0.22;
            if (aside) { dx[i] -= way; dx[j] += way; } else { dy[i] -= way; dy[j] += way; }
          }
        }
      }
    };
    const pull = () => {
      for (const [one, other] of links) {
        if (one >= moving && other >= moving) continue;
        const across = x[other] - x[one], down = y[other] - y[one];
        const distance = Math.hypot(across, down) || 1;
        const few = Math.min(degree[one], degree[other]);
        const far = APART + 7 * Math.sqrt(Math.max(degree[one], degree[other]));
        const force = ((distance - far) / distance) * alpha * 0.9 / few;
        const share = degree[one] / (degree[one] + degree[other]);
        dx[one] += across * force * (1 - share); dy[one] += down * force * (1 - share);
        dx[other] -= across * force * share; dy[other] -= down * force * share;
      }
    };
    const step = () => {
      push();
      pull();
      for (let i = 0; i < moving; i += 1) {
        dx[i] = (dx[i] - x[i] * GRAVITY * alpha) * SLOWER;
        dy[i] = (dy[i] - y[i] * GRAVITY * alpha * wide * wide) * SLOWER;
        x[i] += Math.max(-60, Math.min(60, dx[i]));
        y[i] += Math.max(-60, Math.min(60, dy[i]));
      }
      alpha *= COOLER;
      return alpha < COLD;
    };
    const keep = () => things.forEach((thing, place) => { thing.x = x[place]; thing.y = y[place]; });
    return { step, keep };
  }

  // Draw a whole picture out to the shape of its frame, where that is wider or higher.
  function stretch(things, wide) {
    const [left, right, top, bottom] = [Math.min, Math.max].flatMap((end) => [end(...things.map((thing) => thing.x))])
      .concat([Math.min, Math.max].map((end) => end(...things.map((thing) => thing.y))));
    const by = ((bottom - top + BOX.height) * wide) / (right - left + BOX.width);
    for (const thing of things) {
      if (by > 1) thing.x *= Math.min(by, 1.6);
      else thing.y *= Math.min(1 / by, 1.6);
    }
  }

  // Move boxes apart that overlap still: those after the first `moving` leave it to the others.
  function separate(things, moving, rounds = 40) {
    for (let round = 0, isMoved = true; isMoved && round < rounds; round += 1) {
      isMoved = false;
      for (let i = 0; i < moving; i += 1) {
        for (let j = i + 1; j < things.length; j += 1) {
          const [one, other] = [things[i], things[j]];
          const across = other.x - one.x, down = other.y - one.y;
          const height = ((one.tall ?? BOX.height) + (other.tall ?? BOX.height)) / 2;
          const over = BOX.width - Math.abs(across), under = height - Math.abs(down);
          if (over <= 1 || under <= 1) continue;
          const share = j < moving ? 0.5 : 0.94;
          if (over / BOX.width < under / height) {
            const way = across < 0 ? -over : over;
            one.x -= way * share * 0.6; other.x += way * (1 - share) * 0.6;
          } else {
            const way = down < 0 ? -under : under;
            one.y -= way * share * 0.6; other.y += way * (1 - share) * 0.6;
          }
          isMoved = true;
        }
      }
    }
  }

  // Run in slices so that the page stays alive; `drawn` is called with each slice where wanted.
  function settle(things, links, options, drawn) {
    const running = run(things, links, options);
    return new Promise((resolve) => {
      const slice = () => {
        const end = performance.now() + 9;
        let cold = false;
        while (!cold && performance.now() < end) cold = running.step();
        if (cold || drawn) running.keep();
        if (cold) resolve();
        else { drawn?.(); requestAnimationFrame(slice); }
      };
      slice();
    });
  }

  return { seed, stretch, separate, run, settle };
})();
