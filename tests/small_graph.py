"""A small graph for the tests of the saved queries: hand-made records, the project's own quads.

Facts (titles, authors, arXiv ids) are real; the sentences are invented, and so are the
scores. In a sentence ``{LoRA|lora|i}`` is a mention of the term ``lora``: ``i`` for a role of
introduced, ``e`` for evaluatedOn, nothing for other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from functools import cache

import pyoxigraph as ox

from kg.model import (
    ClaimTerms,
    Correction,
    Decision,
    Digest,
    Entry,
    ExtractedDigest,
    ExtractedEntry,
    Label,
    Mention,
    MentionRef,
    Resolution,
    Result,
    ResultKind,
    Role,
    Section,
    Term,
    TermType,
)
from kg.rdf import Corpus, correction_blocks, digest_lines, to_graph
from kg.vocab import CORRECTIONS_GRAPH, DEFAULT_BASE, TERMS_GRAPH, Iris, language_of

#: key: type, preferred labels, alternative labels, hidden labels
TERMS: dict[str, tuple[str, str, str, str]] = {
    "transformer": ("Method", "Transformer|트랜스포머", "", "transformer"),
    "lora": ("Method", "LoRA", "Low-Rank Adaptation", "LORA|low rank adaptation"),
    "qlora": ("Method", "QLoRA", "", ""),
    "bert": ("Model", "BERT|버트", "", ""),
    "llama": ("Model", "LLaMA|라마", "", "Llama"),
    "flashattention": ("Method", "FlashAttention", "", "Flash Attention"),
    "gpt-3": ("Model", "GPT-3", "", ""),
    "mmlu": ("Benchmark", "MMLU", "Massive Multitask Language Understanding", ""),
    "glue": ("Benchmark", "GLUE", "", ""),
    "wikipedia": ("Dataset", "Wikipedia", "", ""),
    "accuracy": ("Metric", "accuracy|정확도", "", ""),
    "perplexity": ("Metric", "perplexity|혼란도", "", ""),
    "machine-translation": ("Task", "machine translation|기계 번역", "", ""),
    "language-modeling": ("Task", "language modeling|언어 모델링", "", ""),
}

#: digest, arXiv id or DOI, votes, authors, title, what's new, performance, and results as
#: value, subject, benchmark, metric, unit, kind
ENTRIES: list[tuple[str, str, int | None, str, str, str, str, list[tuple[str, ...]]]] = [
    (
        "2024-06-03", "1706.03762", 41, "Ashish Vaswani, Noam Shazeer",
        "Attention Is All You Need",
        "합성곱 없이 주의 집중만 쓰는 {트랜스포머|transformer|i}({Transformer|transformer|i})를 "
        "내놓는다. {기계 번역|machine-translation}이 첫 과제이다.",
        "학습 시간이 크게 줄었다.",
        [],
    ),
    (
        "2024-06-03", "2106.09685", 97, "Edward J. Hu, Yelong Shen, Phillip Wallis",
        "{LoRA|lora|i}: Low-Rank Adaptation of Large Language Models",
        "{LoRA|lora|i}는 {Transformer|transformer}의 가중치를 얼리고 작은 행렬만 학습한다. "
        "{GPT-3|gpt-3}에도 {low rank adaptation|lora|i}를 쓴다! 메모리가 적게 든다.",
        "{GLUE|glue|e}에서 {BERT|bert}보다 높은 {정확도|accuracy} 88.2%를 얻었고, "
        "{MMLU|mmlu|e}에서는 45.6%였다. {언어 모델링|language-modeling}에도 쓸모가 있다.",
        [
            ("88.2", "LoRA", "GLUE", "accuracy", "%", "absolute"),
            ("45.6", "LoRA", "MMLU", "accuracy", "%", "absolute"),
        ],
    ),
    (
        "2024-06-10", "1810.04805", 80, "Jacob Devlin, Kenton Lee",
        "{BERT|bert|i}: Pre-training of Deep Bidirectional Transformers",
        "{버트|bert|i}는 {Wikipedia|wikipedia}로 미리 학습한 {트랜스포머|transformer}이다. "
        "{language modeling|language-modeling}을 양쪽으로 한다.",
        "{GLUE|glue|e}에서 {BERT|bert|i}의 정확도는 82.1%, 이전보다 7.7% 높다.",
        [
            ("82.1", "BERT", "GLUE", "accuracy", "%", "absolute"),
            ("7.7", "BERT", "GLUE", "", "%", "relative"),
        ],
    ),
    (
        "2024-07-01", "2302.13971", None, "Hugo Touvron, Edward J. Hu",
        "{LLaMA|llama|i}: Open and Efficient Foundation Language Models",
        "{LLaMA|llama|i}({라마|llama|i})는 공개 자료만으로 학습한 {트랜스포머|transformer}이다.",
        "{massive multitask language understanding|mmlu|e}에서 63.4점으로 {GPT-3|gpt-3}의 "
        "43.9점을 앞선다. {perplexity|perplexity}는 5.1로 6.2보다 낮다.",
        [
            ("63.4", "LLaMA", "MMLU", "accuracy", "%", "absolute"),
            ("43.9", "GPT-3", "MMLU", "accuracy", "%", "comparison"),
            ("5.1", "LLaMA", "Wikipedia", "perplexity", "", "absolute"),
            ("6.2", "GPT-3", "Wikipedia", "perplexity", "", "comparison"),
        ],
    ),
    (
        "2024-07-08", "2305.14314", 12, "Tim Dettmers",
        "{QLoRA|qlora|i}: Efficient Finetuning of Quantized LLMs",
        "{QLoRA|qlora|i}는 {LLaMA|llama}를 네 비트로 줄이고 {LoRA|lora}로 미세 조정한다.",
        "{MMLU|mmlu|e} {accuracy|accuracy} 63.9%를 유지하고 {FlashAttention|flashattention}과 "
        "함께 쓸 수 있다.",
        [("63.9", "QLoRA", "MMLU", "accuracy", "%", "absolute")],
    ),
    (
        "2024-07-08", "doi/10.1000/flash", 3, "Tri Dao",
        "A Note on {FlashAttention|flashattention}",
        "{FlashAttention|flashattention}은 {LoRA|lora}와 {Transformer|transformer}를 빠르게 한다.",
        "속도가 2~3배 빠르다.",
        [("2~3", "FlashAttention", "", "", "x", "relative")],
    ),
    (
        "2024-07-08", "2106.09685", 5, "Edward J. Hu, Weizhu Chen",
        "{LoRA|lora|i}, Again",
        "{LORA|lora}를 다시 읽는다.",
        "새 결과는 없다.",
        [],
    ),
]  # fmt: skip

CORRECTIONS = (
    Correction(Decision.TYPE, "Wikipedia", "Dataset", (), "Mina Seo", "2024-08-01", "no test"),
    Correction(Decision.NOT_A_TERM, "메모리", "", ("2106.09685",), "Mina Seo", "2024-08-02"),
)

_MARKED = re.compile(r"\{([^|{}]+)\|([^|{}]+)(?:\|([ie]))?\}")
_ROLES = {"i": Role.INTRODUCED, "e": Role.EVALUATED_ON, None: Role.OTHER}


def _read(marked: str, section: str) -> tuple[str, list[tuple[Mention, str]]]:
    """Return the text without the marks, and its mentions with their terms' keys."""
    text, found, copied = "", [], 0
    for match in _MARKED.finditer(marked):
        text += marked[copied : match.start()]
        surface, key, role = match.groups()
        mention = Mention(
            section=section,
            start=len(text),
            end=len(text) + len(surface),
            exact=surface,
            type=TermType(TERMS[key][0]),
            role=_ROLES[role],
            confidence=Decimal("0.55") if key == "wikipedia" else Decimal("0.9"),
            component="kg-names",
        )
        found.append((mention, key))
        text += surface
        copied = match.end()
    return text + marked[copied:], found


def _result(text: str, row: tuple[str, ...]) -> Result:
    value, subject, benchmark, metric, unit, kind = row
    start = text.index(value)
    number = Decimal(value) if "~" not in value else None
    low, high = (None, None) if number is not None else map(Decimal, value.split("~"))
    return Result(
        section="performance-highlights",
        start=start,
        end=start + len(value),
        evidence=(0, len(text)),
        value_text=value,
        kind=ResultKind(kind),
        confidence=Decimal("0.8"),
        subject=subject or None,
        benchmark=benchmark or None,
        metric=metric or None,
        value=number,
        value_min=low,
        value_max=high,
        unit=unit or None,
    )


def _key_of(name: str) -> str | None:
    return next((key for key, term in TERMS.items() if name and name in term[1]), None)


def _labels(names: str) -> tuple[Label, ...]:
    return tuple(Label(name, language_of(name)) for name in names.split("|") if name)


@cache
def graph_nquads(copies: int = 1) -> bytes:
    """Return the graph as N-Quads.

    With *copies*, every entry but its first stands under other arXiv ids in digests of
    other days, for measurements.
    """
    entries: dict[str, list[ExtractedEntry]] = defaultdict(list)
    refs: dict[str, list[MentionRef]] = defaultdict(list)
    claims: dict[tuple[str, str, int], ClaimTerms] = {}
    for copy in range(copies):
        for row in ENTRIES:
            digest, paper = row[0], row[1]
            if copy:
                digest = f"{2000 + copy // 336}-{copy // 28 % 12 + 1:02}-{copy % 28 + 1:02}"
                paper = f"{paper[:4]}.{copy:05}" if "doi" not in paper else f"{paper}{copy}"
            extracted, keys = _extract(paper, len(entries[digest]) + 1, row)
            while any(one.entry.key == extracted.entry.key for one in entries[digest]):
                extracted, keys = _extract(paper + "~2", len(entries[digest]) + 1, row)
            entries[digest].append(extracted)
            key = extracted.entry.key
            for mention, term in zip(extracted.mentions, keys, strict=True):
                refs[term].append(
                    MentionRef(digest, key, mention.section, mention.start, mention.end)
                )
            for place, r in enumerate(extracted.results):
                names = (r.subject, r.benchmark, r.metric)
                claims[digest, key, place] = ClaimTerms(*(_key_of(n or "") for n in names), None)
    digests = [
        ExtractedDigest(Digest(key, key, f"{key}.md", "0" * 64, ()), tuple(found), "0" * 16)
        for key, found in sorted(entries.items())
    ]
    terms = tuple(
        Term(
            key,
            TermType(TERMS[key][0]),
            _labels(TERMS[key][1]),
            _labels(TERMS[key][2]),
            _labels(TERMS[key][3]),
            tuple(refs[key]),
            {"accuracy": True, "perplexity": False}.get(key),
            tuple(one.id for one in CORRECTIONS if one.label == TERMS[key][1]),
        )
        for key in sorted(refs)
    )
    iris = Iris(DEFAULT_BASE)
    parts = [
        to_graph(list(digest_lines(one, iris)), iris.digest(one.digest.key)) for one in digests
    ]
    corpus = Corpus(digests, Resolution(terms, claims), iris)
    parts += (to_graph(lines, iris.graph(TERMS_GRAPH)) for _, lines in corpus.blocks())
    decided = correction_blocks(CORRECTIONS, iris)
    parts += (to_graph(lines, iris.graph(CORRECTIONS_GRAPH)) for _, lines in decided)
    graphs = ox.parse(b"".join(parts), format=ox.RdfFormat.TRIG)
    return ox.serialize(graphs, format=ox.RdfFormat.N_QUADS)


def _extract(
    paper: str,
    position: int,
    row: tuple[str, str, int | None, str, str, str, str, list[tuple[str, ...]]],
) -> tuple[ExtractedEntry, list[str]]:
    _, _, votes, authors, title, new, performance, results = row
    found: list[tuple[Mention, str]] = []
    sections = []
    for key, label, marked in (
        ("title", "Title", title),
        ("whats-new", "What's New", new),
        ("performance-highlights", "Performance Highlights", performance),
    ):
        text, mentions = _read(marked, key)
        found += mentions
        sections.append(Section(key, key, label, text))
    arxiv = None if paper.startswith("doi/") else paper.removesuffix("~2")
    entry = Entry(
        key=paper,
        paper=paper.removesuffix("~2"),
        position=position,
        line=position,
        page=f"https://arxiv.org/abs/{arxiv}" if arxiv else f"https://doi.org/{paper[4:]}",
        arxiv_id=arxiv,
        arxiv_version=None,
        doi=paper[4:] if arxiv is None else None,
        votes=votes,
        authors=tuple(authors.split(", ")),
        authors_truncated=False,
        thumbnail=None,
        sections=tuple(sections),
    )
    made = tuple(_result(sections[2].text, result) for result in results)
    return ExtractedEntry(entry, tuple(m for m, _ in found), made), [key for _, key in found]
