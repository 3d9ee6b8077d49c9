import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.mail.reply import trimmed

QUOTE = "\n> How are you?\n>\n> Jo\n"


@pytest.mark.parametrize(
    "introduction",
    [
        "On Mon, 1 Feb 2016 at 18:32, Jo Doe <jo@x.example> wrote:",
        "On Mon, 1 Feb 2016 at 18:32, Jo Doe <\njo@x.example>\nwrote:",
        "Am 03.02.2016 3:35 nachm. schrieb Jo Doe <jo@x.example>:",
        "Jo Doe <jo@x.example> schrieb am Fr., 28.\nApr. 2017 um 11:53 Uhr:",
        'Le 4 janv. 2016 19:03, "Jo Doe"\n<jo@x.example>\na écrit :',
        "Il giorno lun 1 feb 2016 alle ore 18:32 Jo Doe <jo@x.example> ha scritto:",
        "El lun., 1 feb. 2016 a las 18:32, Jo Doe (<jo@x.example>) escribió:",
        "Em 2 de fevereiro de 2015 10:58, jo <\njo@x.example> escreveu:",
        'Op 16 aug. 2014 05:13 schreef "Jo" <jo@x.example> het\nvolgende geschreven:',
        "Den fre 28 feb. 2025 10:15Jo Doe <jo@x.example> skrev:",
        "Dnia 14 lip 2015 o godz. 00:25 Jo Doe <jo@x.example> napisał(a):",
        '20 окт. 2016 г. 19:37 пользователь "Jo" <\njo@x.example> написал:',
        "在 2016年12月12日，下午8:45，Jo <jo@x.example> 写道：",
        "2022年1月1日(金) 9:00 Jo <jo@x.example>:",
        "2016-10-24 15:36 GMT+02:00 Jo Doe <\njo@x.example>:",
        "---- On Tue, 22 Dec 2015 14:17:36 +0530 Jo <jo@x.example> wrote ----",
    ],
)
def test_quoted_history_is_cut_with_its_introduction(introduction):
    """However a mail program introduces what it quotes, the person's own words remain."""
    assert trimmed(f"Fine, thanks.\n\n{introduction}\n{QUOTE}") == "Fine, thanks."


@pytest.mark.parametrize(
    "head",
    [
        "-----Original Message-----\nFrom: Jo <jo@x.example>\nSent: Monday\nTo: us\nSubject: x",
        "-----Ursprüngliche Nachricht-----\nVon: Jo\nGesendet: Montag\nAn: uns\nBetreff: x",
        "________________________________\nFrom: Jo\nSent: Monday\nTo: us\nSubject: x",
        "*From:* Jo [mailto:jo@x.example]\n*Sent:* Monday\n*To:* us\n*Subject:* x",
        "Da: Jo\nInviato: lunedì\nA: noi\nOggetto: x",
        "De : Jo\nEnvoyé : lundi\nÀ : nous\nObjet : x",
        "Från: Jo\nSkickat: den 5 juni\nTill: oss\nÄmne: x",
        "发件人: Jo\n发送时间: 2016\n收件人: us\n主题: x",
    ],
)
def test_the_head_of_an_enclosed_mail_ends_the_reply(head):
    """Programs that quote without marks put the old mail's head first: what follows is history."""
    assert trimmed(f"Fine, thanks.\n\n{head}\n\nHow are you?\n\nJo\n") == "Fine, thanks."


@pytest.mark.parametrize(
    "text",
    [
        "On your remote host you can run:\n\n  telnet 127.0.0.1\n\nThis should connect.",
        "He wrote: please call me.\n\nSo I call you.",
        "On this day\n\nI wrote something\n\nwhich was interesting.",
        "One - two -- three.\n\n- a\n- b\n\nFrom: is a word too.",
        "Here it is.\n\nSent from my desk, is much easier than my mobile phone.",
        "> This is a quote.\n\nAnd this is some text.",
        "> Email with only quotes.",
        "First.\n\n---\n\nSecond part\n\n---\n\nThird part that is long enough to be no signature at all\n"
        + "line\n" * 20
        + "end",
    ],
)
def test_what_a_person_wrote_is_never_cut(text):
    """Words that merely look like an introduction, a signature or a phone's line stay."""
    assert trimmed(text) == text


def test_answers_below_and_between_quotes_are_kept():
    """An answer under the quote, or several between quotes, stay with what they answer; trailing quotes go."""
    intro = "On Mon, 1 Feb 2016 at 18:32, Jo <jo@x.example> wrote:"

    assert (
        trimmed(f"{intro}\n> Open?\n\nYes.\n\n> When?\n\nAt nine.\n\n> Bye\n> Jo")
        == "> Open?\n\nYes.\n\n> When?\n\nAt nine."
    )
    assert trimmed(f"{intro}\n> Open?\n\nYes, we are.").endswith("Yes, we are.")
    assert (
        trimmed(f"{intro}\n\nText without marks below its introduction.")
        == "Text without marks below its introduction."
    )


def test_a_signature_and_a_phones_line_are_cut_and_a_farewell_stays():
    """What follows the signature mark goes, and the line a phone adds; "Regards, Jo" is the person's."""
    assert trimmed("Yes.\n\nRegards,\nJo\n\n-- \nJo Doe\nSales\n+1 234\n") == "Yes.\n\nRegards,\nJo"
    assert trimmed("Yes.\n\nSent from my iPhone") == "Yes."
    assert trimmed("Ja.\n\nVon meinem iPhone gesendet\n\nAm 1.2.2016 um 10:00 schrieb Jo <jo@x.example>:\n> x") == "Ja."


def test_nothing_left_keeps_everything():
    """A reply that seems to hold only history keeps it: the answer may be hidden in it."""
    text = "On Mon, 1 Feb 2016 at 18:32, Jo <jo@x.example> wrote:\n> my answer is in here"

    assert trimmed(text) == text


def test_a_forward_keeps_what_it_forwards():
    """What a person forwards is what they want to show."""
    text = "See below.\n\n---------- Forwarded message ---------\nFrom: Bank <b@x.example>\nDate: Mon\nSubject: No\n\nRefused."

    assert trimmed(text, "Fwd: No") == text
    assert trimmed(text, "Re: No") == "See below."


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.sampled_from(
            [
                "On 1/2/2020 10:00, a@b.example wrote:",
                "> x",
                "own",
                "",
                "--",
                "-- ",
                "From: a@b",
                "Sent: x",
                "To: y",
                "Subject: z",
                "____________",
                "-----Original Message-----",
                "Sent from my iPhone",
                "| x",
                "On 2020 <",
                ">>",
                "wrote:",
                "*",
            ]
        ),
        max_size=30,
    )
)
def test_trimming_adds_nothing_and_never_empties(lines):
    """What remains are lines of the text in their order, and never nothing of something."""
    text = "\n".join(lines)
    left = iter(line.strip() for line in lines)

    kept = trimmed(text)

    assert all(line.strip() in left for line in kept.split("\n") if line.strip())
    assert bool(kept.strip()) == bool(text.strip())
