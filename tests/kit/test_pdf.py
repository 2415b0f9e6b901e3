"""Prints look alike on every machine, whatever names they hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typst

from market.kit.pdf import FONTS, ROOT, compile_pdf

NAMES = "科技成果转化 科技成果轉化市場 喆堃玥祎镕赟昇淼鿏𬭊㛃䶮 ¥1,234.56 ①≥％ Müller"


def test_a_print_is_set_in_the_two_shipped_weights_and_no_other_font() -> None:
    pdf = _set(NAMES)

    fonts = {name.split(b"+")[-1] for name in re.findall(rb"/BaseFont\s*/([^\s/]+)", pdf)}
    assert fonts == {b"NotoSansSC-Regular", b"NotoSansSC-Bold"}


def test_simplified_traditional_and_rare_characters_of_names_all_have_a_glyph() -> None:
    """PDF/A is refused as soon as one character has none, as the Thai one shows."""
    _set(NAMES)

    with pytest.raises(typst.TypstError, match="ภ"):
        _set("ภ")


def test_missing_fonts_are_named_instead_of_printing_empty_boxes(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"make static/vendor/\.done"):
        compile_pdf("letter.typ", "{}", fonts=tmp_path)


def _set(text: str) -> bytes:
    """Set a text as all prints are set, as PDF/A."""
    pdf: bytes = typst.compile(
        str(Path(__file__).parent / "names.typ"),
        root=str(ROOT),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({"text": text})},
        format="pdf",
        pdf_standards="a-2b",
    )
    return pdf
