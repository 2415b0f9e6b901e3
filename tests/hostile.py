"""What people and machines type that does not belong there; every room puts it into each of its forms."""

HOSTILE = {
    "markup": "<script>alert(1)</script>{{7*7}}<img src=x>'\"); DROP TABLE users; --\u202egnp.exe\u2066🔬",
    "100 kB": "长 " + "long" * 25_000,
    "zero byte": "零\x00字节\x01\x1b[31m",
    "huge number": "9" * 400,
    "no number": "NaN",
    "negative": "-1",
    "bad date": "2026-02-31",
    "half a character": "\ud83d".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "spaces": " \u3000\t ",
    "nothing": "",
}
