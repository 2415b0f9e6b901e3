import pytest

from market.kit.traditional import convert_page, is_converted


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>要解决的问题</p>", "<p>要解決的問題</p>"),
        ('<a title="问题" href="/x?q=问题">赤泥问题</a>', '<a title="问题" href="/x?q=问题">赤泥問題</a>'),
        ('<input value="问题"><b>问题</b>', '<input value="问题"><b>問題</b>'),
        ("<textarea>问题 <b></textarea>问题", "<textarea>问题 <b></textarea>問題"),
        ("<option>问题</option>问题", "<option>问题</option>問題"),
        ("<script>var a = b<c; '问题'</script>问题", "<script>var a = b<c; '问题'</script>問題"),
        (
            '<div translate="no"><p>合同问题<br><b>问题</b></p><img src="x"/></div><p>问题</p>',
            '<div translate="no"><p>合同问题<br><b>问题</b></p><img src="x"/></div><p>問題</p>',
        ),
        ("<!-- 问题 > --><p>问题</p>尾问题", "<!-- 问题 > --><p>問題</p>尾問題"),
        ("plain", "plain"),
        ("<p>皇后与后处理、干燥</p>", "<p>皇后與後處理、乾燥</p>"),
    ],
)
def test_text_is_converted_and_what_counts_as_written_is_not(html: str, shown: str) -> None:
    assert convert_page(html) == shown


def test_pages_to_be_read_are_converted_and_those_to_be_signed_are_not() -> None:
    assert is_converted("pages/outcome.html")
    for template in (
        "contracts/show.html",
        "notices/show.html",
        "documents/_list.html",
        "listings/outcome.html",
    ):
        assert not is_converted(template)
