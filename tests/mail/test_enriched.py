from ingestd.mail.parse import parse


def test_enriched_text_is_read():
    """RFC 1896: commands go, one line break is a blank, of several one is dropped, `<<` is a sign."""
    mail = parse(
        b"Content-Type: text/enriched\n\n<bold>Hi</bold> you,\nthere\n\n<color><param>red</param>1 << 2</color>\n"
    )

    assert "Hi you, there\n1 < 2" == mail.text


def test_rich_text_is_read():
    """RFC 1341: only `<nl>` breaks a line, `<lt>` is a sign; it is the plain writing of an alternative."""
    raw = (
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/richtext\n\n<bold>Hi</bold>\nyou<nl>1 <lt> 2\n"
        b"--b\nContent-Type: text/html\n\n<b>Hi</b> you<br>1 &lt; 2\n--b--\n"
    )

    assert "Hi you\n1 < 2" == parse(raw).text
