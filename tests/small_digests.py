"""Small digests in our own words, made to disagree: shared papers, terms and authors."""

from __future__ import annotations

from pathlib import Path

HEADING = "## Daily Papers ({date})\n"

ENTRY = """
### [{title}](https://arxiv.org/abs/{arxiv})

![](https://example.org/{arxiv}.png)

Vote: {votes}

Authors: {authors}

- **What's New**: {new}
- **Technical Details**: {details}
- **Performance Highlights**: {performance}
"""


def entry(arxiv: str, title: str, authors: str, new: str, details: str, performance: str) -> str:
    return ENTRY.format(
        arxiv=arxiv,
        title=title,
        votes=len(new),
        authors=authors,
        new=new,
        details=details,
        performance=performance,
    )


LORA = entry(
    "2106.09685",
    "LoRA: Low-Rank Adaptation of Large Language Models",
    "Edward J. Hu, Yelong Shen",
    "이 논문은 LoRA(Low-Rank Adaptation)를 제안합니다.",
    "LoRA는 Transformer의 가중치를 고정하고 저랭크 행렬만 학습합니다.",
    "GPT-3에서 파인튜닝과 같은 정확도를 얻었습니다.",
)
LORA_AGAIN = entry(
    "2106.09685",
    "LoRA: Low-Rank Adaptation",
    "Edward J. Hu, Yelong Shen, Weizhu Chen",
    "lora를 다시 소개합니다.",
    "Low Rank Adaptation은 트랜스포머(Transformer)에 쓰입니다.",
    "MMLU에서 45.6%의 정확도를 기록했습니다.",
)
COT = entry(
    "2201.11903",
    "Chain-of-Thought Prompting Elicits Reasoning in Large Language Models",
    "Jason Wei, Xuezhi Wang",
    "체인 오브 소트(Chain-of-Thought, CoT) 프롬프팅을 제안합니다.",
    "CoT는 중간 추론 단계를 보여 줍니다.",
    "PaLM 540B는 GSM8K에서 56.9%를 기록했습니다.",
)
CLIP = entry(
    "2103.00020",
    "Learning Transferable Visual Models From Natural Language Supervision",
    "Alec Radford, Edward J. Hu",
    "CLIP(Contrastive Language-Image Pre-training)을 소개합니다.",
    "이미지 인코더로 Vision Transformer(ViT)를 씁니다.",
    "ImageNet에서 76.2%의 Top-1 accuracy를 얻었습니다.",
)
CLIP_SCORE = entry(
    "2104.08718",
    "CLIPScore: A Reference-free Evaluation Metric for Image Captioning",
    "Jack Hessel",
    "CLIPScore라는 지표를 제안합니다.",
    "CLIP 임베딩의 코사인 유사도를 씁니다.",
    "COCO에서 사람의 판단과 잘 맞습니다.",
)

#: Versions of each digest's text; a build takes one of them.
VERSIONS: dict[str, tuple[str, ...]] = {
    "2024-06-03": (LORA + COT, LORA, COT + CLIP),
    "2024-06-04": (CLIP + LORA_AGAIN, CLIP),
    "2024-07-01": (LORA_AGAIN + CLIP_SCORE, CLIP_SCORE + COT),
    "2024-07-02": (COT, COT + LORA),
}


def write_digest(folder: Path, date: str, version: int) -> Path:
    """Write one version of one digest into *folder*."""
    path = folder / f"{date}.md"
    path.write_text(HEADING.format(date=date) + VERSIONS[date][version], encoding="utf-8")
    return path


def write_many(folder: Path, version: int, count: int) -> list[Path]:
    """Write *count* digests, enough of them to be shared out among processes."""
    texts = [VERSIONS[date][version] for date in sorted(VERSIONS)]
    paths = []
    for number in range(count):
        date = f"2024-06-{number + 1:02}"
        path = folder / f"{date}.md"
        path.write_text(HEADING.format(date=date) + texts[number % len(texts)], encoding="utf-8")
        paths.append(path)
    return paths
