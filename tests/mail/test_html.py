import re

import pytest
from html_to_markdown import ConversionOptions, HiddenContent, convert
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.mail.html import to_markdown, to_text

SCRIPT = (
    "<p>Hi</p><script>alert(1)</script><style>p{}</style><!-- no --><div style='display:none'>secret<div>x</div></div>!"
)


def test_a_page_reads_like_what_was_seen():
    """Paragraphs, lines, lists, tables and rules keep their shape; white space folds."""
    page = (
        "<p>Hello&nbsp;<b>World</b>,\n dear</p><div>one</div><div>two<br>three</div><ul><li>a<li>b</ul><ol><li>x</ol>"
    )
    table = "<table><tr><th>k</th><th>v</th></tr><tr><td>1</td><td>2</td></tr></table>"

    assert to_text(page + table) == "Hello World, dear\n\none\ntwo\nthree\n\n- a\n- b\n\n1. x\n\nk  v\n1  2"


def test_links_stand_behind_their_words_and_only_safe_ones():
    """A link is shown once; one that runs a program is not shown at all."""
    assert to_text('<a href="https://x.example/a?b=1&amp;c=2">here</a>') == "here <https://x.example/a?b=1&c=2>"
    assert to_text('<a href="https://x.example/">https://x.example</a>') == "https://x.example"
    assert to_text('<a href="javascript:alert(1)">here</a>') == "here"
    assert "javascript" not in to_markdown('<p><a href="javascript:alert(1)">here</a></p>')


def test_what_nobody_saw_is_gone():
    """Programs, styles, comments and hidden elements are no text."""
    assert to_text(SCRIPT) == "Hi\n\n!"
    assert "secret" not in to_markdown(SCRIPT)


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="max-height:0;overflow:hidden">secret</div>',
        '<span style="opacity: 0">secret</span>',
        "<div hidden>secret</div>",
        "<!--[if mso]><p>secret</p><![endif]-->",
        '<img src="https://t.example/p.gif" width=1 height=1>',
        "<span>&zwnj;&nbsp;&zwnj;&nbsp;&zwnj;&nbsp;&#847;&zwnj;</span>",
    ],
)
def test_previews_and_trackers_are_no_text(hidden):
    """What newsletters hide in all the ways that programs know."""
    assert "Hi" == to_text(f"{hidden}<p>Hi</p>")


def test_what_only_looks_hidden_is_text():
    """A style that scrolls, or fades, or a class of that name, hides nothing."""
    for shown in ('style="overflow: hidden"', 'style="opacity:0.9"', 'class="hidden x"', 'style="font-size:0.8em"'):
        assert "Hi" == to_text(f"<div {shown}>Hi</div>")


def test_lines_stand_as_the_writer_saw_them():
    """Empty paragraphs keep their line, lists their numbers, hints where to break a word go."""
    outlook = (
        "<p class=MsoNormal>Hello<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>World</p>"
    )

    assert "Hello\n\nWorld" == to_text(outlook)
    assert "3. a\n4. b" == to_text("<ol start=3><li>a</li><li>b</li></ol>")
    assert "Domain" == to_text("Do&shy;main")


def test_quotes_are_marked_and_indents_are_not():
    """Somebody else's words carry `>`; an element that merely indents does not, or the person's words would be cut."""
    assert (
        to_text("<p>Yes.</p><blockquote type=cite><p>Open?</p><p>Really?</p></blockquote>")
        == "Yes.\n\n> Open?\n>\n> Really?"
    )
    assert to_text('<blockquote style="margin:0 0 0 40px;border:none">mine</blockquote>') == "mine"


def test_soup_loses_no_words():
    """Unclosed, crossed and unknown tags, and signs that are no tags, keep the text."""
    assert to_text("<b><i>a</b> b <foo>c</bar> 1 < 2 <jo@x.example> <") == "a b c 1 < 2 <jo@x.example> <"
    assert to_text("<div>" * 5_000 + "deep" + "</div>" * 5_000) == "deep"
    assert to_markdown("<div>" * 5_000 + "deep" + "</div>" * 5_000) == "deep"


def test_markdown_holds_no_live_markup():
    """Escaped markup in the page stays text in Markdown too."""
    assert "<script" not in to_markdown("<p>&lt;script&gt;x&lt;/script&gt;</p>")


BITS = st.sampled_from(
    [
        "<",
        ">",
        "<p>",
        "</p>",
        "<blockquote type=cite>",
        "</blockquote>",
        "<a href='http://x.example'>",
        "</a>",
        "<li>",
        "<ol>",
        "<!--",
        "-->",
        "<style>",
        "</style>",
        '"',
        "&#",
        "&amp;",
        "9" * 30,
        "word",
        "\n",
        "<td>",
        "<pre>",
        "</pre>",
        "�",
        "<div style='display:none'>",
        "</div>",
        "<br>",
        "<img alt='x'>",
        "<hr>",
        "</ol>",
        "<script",
        "\x00",
    ]
)


@settings(deadline=None, max_examples=150)
@given(st.lists(BITS, max_size=60).map("".join))
def test_no_page_breaks_the_reader(page):
    """Any soup gives clean text."""
    for text in (to_text(page), to_markdown(page)):
        text.encode()
        assert not set(text) & set("\0\r")


TITLE_BITS = st.sampled_from(
    "<title>|</titl|</ title>|</tıtle>|<b>|</b>|<p|>|<!--|-->|<script>|</script>|<style>|</head>|<body>|</body>|<svg>|"
    "<textarea>|<pre>|</html>|<![CDATA[|]]>|<plaintext>|<template>|word|&lt;|<|/|\"|'|=|\n| ".split("|")
)


@settings(max_examples=300)
@given(
    st.sampled_from(["<title>", " <html><head>\n<Title>", "<!DOCTYPE html><html>\n<title>", "<head><head><TITLE>"]),
    st.lists(TITLE_BITS, max_size=12).map("".join).filter(lambda bits: "</title" not in bits),
    st.sampled_from(["", "</title>", "</TITLE>\n", "</title></head>\n</html> ", "</title></html></head>"]),
)
def test_a_page_that_is_all_title_says_nothing_to_the_converter(before, title, after):
    """So it need not be asked: it finds no letter in there, and what reading by tags alone gives is the text."""
    options = ConversionOptions(extract_metadata=False, skip_images=True, hidden_content=HiddenContent.DROP)
    page = before + title + after
    assert not re.search(r"\w", convert(page, options).content or "")
    assert to_markdown(page) == to_text(page)


@pytest.mark.parametrize(
    "page",
    [
        "<title>x</title><b>words</b>",
        "<title>x</title></head><b>words</b></html>",
        "<title>x</title></body><b>words</b><title>y</title>",
        "<title>x</title><body><b>words</b><title>y",
        "<html><title>x</tıtle></TITLE><b>words</b>",
        "<b>words</b><title>x",
    ],
)
def test_a_title_before_the_text_is_only_a_title(page):
    """What stands behind it is written as Markdown."""
    assert to_markdown(page).startswith("**words**")
