import base64
import binascii
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.model import Coding, Cut, Slice
from ingestd.mail.transfer import Decoder, decode, pieces, read, size

ALL = st.sampled_from(
    [
        (Coding.IDENTITY,),
        (Coding.BASE64,),
        (Coding.QUOTED_PRINTABLE,),
        (Coding.UUENCODE,),
        (Coding.BASE64, Cut(3, 20)),
        (Coding.QUOTED_PRINTABLE, Coding.BASE64),
    ]
)
BITS = st.sampled_from(
    [
        b"=",
        b"==",
        b"=\r",
        b"\r\n",
        b"\n",
        b"=4",
        b"1",
        b"QUJD",
        b"QQ",
        b" ",
        b"\t",
        b"_",
        b"end",
        b"#0V%T",
        b"A",
        b"=\n",
    ]
)
HOSTILE = st.one_of(st.binary(max_size=300), st.lists(BITS, max_size=60).map(b"".join))


def whole(data, *steps):
    return b"".join(decode([data], steps))


@settings(deadline=None, max_examples=150)
@given(HOSTILE, ALL, st.lists(st.integers(0, 300), max_size=6))
def test_how_the_bytes_were_cut_never_matters(data, steps, cuts):
    """Fed at once or in any pieces, the same bytes come out: so the counted size is what delivery streams."""
    at = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    blocks = [data[a:b] for a, b in itertools.pairwise(at)]

    assert b"".join(decode(blocks, steps)) == whole(data, *steps)
    assert b"".join(decode([bytes([byte]) for byte in data], steps)) == whole(data, *steps)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=2000))
def test_what_was_encoded_comes_back(data):
    """A proper encoding gives back exactly its bytes, in each coding."""
    uu = b"".join(binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45)) + b"`\nend\n"

    assert whole(base64.encodebytes(data), Coding.BASE64) == data
    assert whole(binascii.b2a_qp(data, istext=False), Coding.QUOTED_PRINTABLE) == data
    assert whole(uu, Coding.UUENCODE) == data


def test_broken_base64_gives_what_can_be_had():
    """Junk is skipped, missing padding is supplied, joined encodings are joined, an appended footer is left out."""
    assert whole(b"SGVs!bG8\x80g\r\nd29y bGQ=", Coding.BASE64) == b"Hello world"
    assert whole(b"SGVsbG8", Coding.BASE64) == b"Hello"
    assert whole(b"SGVsbG8=\nIHdvcmxk\n", Coding.BASE64) == b"Hello world"
    assert whole(b"SGVsbG8=\n____\nList footer text\n", Coding.BASE64) == b"Hello"
    assert whole(b"SGVsbG8=\n" + b"QUJD" * 20_000 + b"!\n", Coding.BASE64) == b"Hello" + b"ABC" * 16_384
    assert whole(b"SGVsbG8=\nMailing list\nQUJD\n", Coding.BASE64) == b"Hello"


def test_broken_quoted_printable_keeps_what_is_no_escape():
    """An equals sign without two hex digits stands for itself; blanks after a soft break do not end it."""
    assert whole(b"a=zb 1=1 =C3=A4=  \r\nx=", Coding.QUOTED_PRINTABLE) == b"a=zb 1=1 \xc3\xa4x"
    assert whole(b"=c3=b6", Coding.QUOTED_PRINTABLE) == b"\xc3\xb6"


def test_a_cut_is_taken_from_what_the_step_before_gave():
    """Steps apply in order: decode, then cut; a second cut counts from the first."""
    data = base64.encodebytes(b"0123456789")

    assert whole(data, Coding.BASE64, Cut(2, 5), Cut(1, 3)) == b"345"
    assert whole(data, Coding.BASE64, Cut(8, 50)) == b"89"


def test_a_slice_reads_its_place_and_counts_its_size():
    """Only the slice's bytes are decoded, and the size counted is the size read."""
    raw = b"xxxx" + base64.encodebytes(b"a" * 500_000) + b"yyyy"
    place = Slice(4, len(raw) - 8, (Coding.BASE64,))

    assert read(raw, place) == b"a" * 500_000
    assert size(raw, place) == 500_000
    assert max(map(len, pieces(raw, place))) <= 262_144


def test_a_decoder_holds_no_more_than_a_line():
    """Bytes come out while bytes go in, also where a line never ends."""
    decoder = Decoder((Coding.QUOTED_PRINTABLE,))

    assert decoder.feed(b"a" * 100_000) == b"a" * 100_000


def line_by_line(data):
    """What a uuencoded file gives, each line looked at alone."""
    out = []
    for written in data.split(b"\n"):
        line = written[:200].rstrip(b"\r")
        if line.rstrip() == b"end":
            break
        for sound in (line, line[: 1 + ((line[0] - 32 & 63) * 4 + 2) // 3]) if line else ():
            try:
                out.append(binascii.a2b_uu(sound))
                break
            except binascii.Error:
                pass
    return b"".join(out)


UU_LINES = st.sampled_from(
    [
        b"#0V%T",
        b"#0V%T\r",
        b"#0V%T\r\r",
        b"#0V%T ",
        b"#0V%T`x",
        b"#0V",
        b"`",
        b" ",
        b"",
        b"\r",
        b"\r\r",
        b"\r#0V%T",
        b"A" * 300,
        b"end",
        b"end\r",
        b"end ",
        b" end",
        b"ende",
        b"#0V%T" + b" " * 300,
        b"#0V%T" + b" " * 194 + b"x",
        b"\0",
        b"\xff",
        b"!",
    ]
)


@given(st.lists(UU_LINES, max_size=14), st.binary(max_size=5), st.integers(0, 90))
def test_lines_of_a_uuencoded_file_are_decoded_alike_together_and_alone(lines, tail, cut):
    """However sound they are, and wherever they end."""
    data = b"\n".join(lines) + tail

    assert whole(data, Coding.UUENCODE) == line_by_line(data)
    assert b"".join(decode([data[:cut], data[cut:]], (Coding.UUENCODE,))) == line_by_line(data)
