"""What is a bounce in which language, and what only speaks of one."""

from ingestd.core.model import Kind
from ingestd.mail.parse import parse

# Subject and first line of non-delivery reports.
REPORTS = {
    "No se puede entregar: x": "No se pudo entregar su mensaje a kijitora@example.jp.",
    "Non recapitabile: x": "Impossibile recapitare il messaggio a kijitora@example.jp.",
    "Onbestelbaar: x": "Uw bericht kon niet worden bezorgd bij kijitora@example.jp.",
    "Não é possível entregar: x": "Não foi possível entregar a mensagem a kijitora@example.jp.",
    "Niedostarczone: x": "Nie można dostarczyć wiadomości do kijitora@example.jp.",
    "Kan inte levereras: x": "Det gick inte att leverera meddelandet till kijitora@example.jp.",
    "Kan ikke leveres: x 6": "Meddelelsen kunne ikke leveres til kijitora@example.jp.",
    "Kan ikke leveres: x 7": "Meldingen kunne ikke leveres til kijitora@example.jp.",
    "Toimittaminen epäonnistui: x": "Viestiä ei voitu toimittaa: kijitora@example.jp.",
    "Nedoručitelné: x": "Zprávu se nepodařilo doručit: kijitora@example.jp.",
    "Kézbesíthetetlen: x": "Az üzenetet nem sikerült kézbesíteni: kijitora@example.jp.",
    "Nelivrabil: x": "Mesajul nu a putut fi livrat către kijitora@example.jp.",
    "Teslim edilemedi: x": "İletiniz kijitora@example.jp alıcısına teslim edilemedi.",
    "Не вдалося доставити: x": "Не вдалося доставити повідомлення kijitora@example.jp.",
    "Не удается доставить: x": "Не удалось доставить сообщение kijitora@example.jp.",
    "无法送达: x": "您的邮件无法送达 kijitora@example.jp",
    "無法傳遞: x": "您的郵件無法傳遞給 kijitora@example.jp",
    "配信不能: x": "kijitora@example.jp にメッセージを配信できませんでした。",
    "배달되지 않음: x": "kijitora@example.jp 에게 메시지를 배달하지 못했습니다.",
    "Δεν είναι δυνατή η παράδοση: x": "Δεν ήταν δυνατή η παράδοση του μηνύματος στο kijitora@example.jp.",
}
PEOPLE = {
    ("noreply@shop.example", "Delivery notification: your parcel"): "Your parcel was not delivered: recipient unknown.",
    ("noreply@x.example", "Delivery failed"): "The delivery of order 17 failed.",
    (
        "jo@x.example",
        "Undelivered Mail Returned to Sender",
    ): "I get this: <ada@y.example>: 550 5.1.1 user unknown\nReceived: from x\nWhat is it?",
    ("jo@x.example", "Mail delivery failed: returning message to sender"): "550 5.1.1 what does it mean?",
    ("admin@x.example", "Mailbox full"): "The mailbox of ada@y.example is full: please enlarge",
    ("postmaster@x.example", "Question about our mail server"): "Mails to ada@y.example bounce, can you look?",
    ("info@x.example", "Fehlermeldung Mailer-Daemon"): "Ich bekomme vom Mailer-Daemon: user unknown",
    ('"Mail Administrator" <it@x.example>', "New domain"): "Please register x.example.",
    ("support@x.example", "Your ticket was rejected"): "We need more data.",
    ("webmaster@x.example", "Message rejected by spam filter"): "our mails are rejected by your filter with 554 5.7.1",
}


def mail(author, subject, fields, text):
    head = (f"From: {author}", f"Subject: {subject}", *fields, "Content-Type: text/plain; charset=utf-8")
    return parse("\n".join((*head, "", text)).encode())


def test_a_report_is_known_in_its_language():
    """Exchange writes to people in theirs."""
    kinds = {
        subject: mail("postmaster@example.jp", subject, ("Return-Path: <>",), f"{text}\n\n550 5.1.1 not found").kind
        for subject, text in REPORTS.items()
    }

    assert dict.fromkeys(REPORTS, Kind.BOUNCE) == kinds


def test_people_write_of_bounces_and_parcels():
    """Shops, administrators and customers who ask about a bounce are no mail servers."""
    kinds = {(author, subject): mail(author, subject, (), text).kind for (author, subject), text in PEOPLE.items()}

    assert dict.fromkeys(PEOPLE, Kind.ORDINARY) == kinds
