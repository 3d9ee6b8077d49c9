"""Automatic replies by their subjects, in many languages, and people who write of such things."""

from ingestd.core.model import Kind
from ingestd.mail.parse import parse

SUBJECTS = (
    "Automatic reply: Help",
    "Automatische Antwort: Hilfe",
    "AUTO: Jo Doe is out of the office",
    "Auto: Re: Help",
    "Autoreply: Re: Help",
    "Auto-Reply: Help",
    "Auto Response",
    "Autoresponse: x",
    "[Auto-Reply] Help",
    "(Auto-reply) Re: Help",
    "Out of Office: Help",
    "Out of Office AutoReply: Help",
    "Out of the office",
    "Out of Office Re: Help",
    "Jo Doe is out of the office (returning 01/02/2023)",
    "On vacation Re: Help",
    "Vacation reply",
    "Vacation Re: Help",
    "Away from my mail",
    "away from my mail Re: x",
    "Abwesenheitsnotiz: Hilfe",
    "Abwesend: Hilfe",
    "Abwesenheit",
    "Automatische Abwesenheitsnotiz",
    "Nicht im Büro: x",
    "Automatische E-Mail-Antwort",
    "Autoantwort: Hilfe",
    "Réponse automatique : Aide",
    "Réponse automatique: Aide",
    "Absence du bureau",
    "Absent du bureau : Aide",
    "Message d'absence",
    "Respuesta automática: Ayuda",
    "Respuesta automatica: Ayuda",
    "Fuera de la oficina: Ayuda",
    "Fuera de oficina",
    "Contestación automática",
    "Risposta automatica: Aiuto",
    "Risposta automatica R: Aiuto",
    "Fuori sede",
    "Fuori ufficio: Aiuto",
    "Resposta automática: Ajuda",
    "Fora do escritório",
    "Ausente do escritório",
    "Automatisch antwoord: Hulp",
    "Automatisch antwoord",
    "Afwezig: Hulp",
    "Afwezigheidsbericht",
    "Autosvar: Hjälp",
    "Automatiskt svar: Hjälp",
    "Frånvaro: Hjälp",
    "Automatisk svar: Hjælp",
    "Autosvar: Hjælp",
    "Fraværende",
    "Automaattinen vastaus: Apua",
    "Poissa: Apua",
    "Poissaoloviesti",
    "Odpowiedź automatyczna: Pomoc",
    "Automatyczna odpowiedź: Pomoc",
    "Autoodpowiedź: Pomoc",
    "Poza biurem",
    "Nieobecność",
    "Automatická odpověď: Pomoc",
    "Automatická odpoveď: Pomoc",
    "Mimo kancelář",
    "Automatikus válasz: Segítség",
    "Irodán kívül",
    "Házon kívül",
    "Răspuns automat: Ajutor",
    "Αυτόματη απάντηση: Βοήθεια",
    "Автоматический ответ: Помощь",
    "Автоответ: Помощь",
    "Автоматична відповідь: Допомога",
    "Otomatik yanıt: Yardım",
    "Otomatik Yanıt",
    "Ofis dışında",
    "自动回复: 帮助",
    "自动答复: 帮助",
    "自動回覆: 幫助",
    "自動返信: 助けて",
    "自動応答: x",
    "不在通知",
    "不在のお知らせ",
    "外出通知",
    "자동 회신: 도움",
    "자동회신: 도움",
    "자동 응답: 도움",
    "부재중 자동 회신",
    "رد تلقائي: x",
    "תשובה אוטומטית: x",
    "Câu trả lời tự động: x",
    "Balasan otomatis: x",
    "ตอบกลับอัตโนมัติ: x",
    "Resposta automàtica: x",
    "Automatski odgovor: x",
    "Samodejni odgovor: x",
    "Автоматичен отговор: x",
    "Automaatvastus: x",
    "Automatinis atsakymas: x",
    "Automātiska atbilde: x",
)
# What people write too: an automatic reply only where another sign says that a machine wrote.
SOFT = (
    "I am out of office",
    "I'm out of the office",
    "Jo Doe is out of the office.",
    "I am on vacation",
    "Ich bin im Urlaub",
    "Urlaub: Hilfe",
    "Je suis absent",
    "Assente: Aiuto",
    "Niet op kantoor",
    "Ikke på kontoret",
    "Нет на работе",
    "В отпуске",
    "부재중",
)
PEOPLE = (
    "Out of office hours support?",
    "Out of disk space",
    "Automatic reply does not work",
    "Automatic replies are sent twice",
    "My autoresponder is broken",
    "Auto reply feature request",
    "Vacation rental site down",
    "Undeliverable mails since Monday",
    "Delivery failed for my parcel",
    "Mail delivery problem",
    "Returned mail: what does it mean?",
    "Failure notice from your server",
    "Automatische Antwort einrichten",
    "Urlaubsplaner geht nicht",
    "Absence module down",
    "Away team tickets",
    "Réponse automatique à configurer",
    "I am out of office next week, please call Jo",
    "Poissa käytöstä",
    "Assente dal lavoro: certificato",
    "Auto: Kennzeichen",
    "Frånvarorapport",
    "自动回复不工作",
    "自動返信の設定について",
    "Mailer-Daemon mails",
    "Delivery Status Notification question",
    "Fehler: Unzustellbar",
    "WG: Automatische Antwort: x",
    "Fwd: Undeliverable: x",
    "Re: Automatic reply: x",
    "Urlaub: Buchungssystem defekt",
    "Fuori servizio",
    "Fora do ar",
    "Nicht im Haus angekommen",
    "Out of the office printer: broken",
)


def kinds(subjects, *fields):
    head = "\n".join(("From: jo@x.example", *fields, "Content-Type: text/plain; charset=utf-8"))
    return {
        subject: parse(f"{head}\nSubject: {subject}\n\nThank you for your mail.".encode()).kind for subject in subjects
    }


def test_an_automatic_reply_is_known_by_its_subject():
    """As programs write it, before the subject of the mail that it answers."""
    assert dict.fromkeys(SUBJECTS, Kind.AUTO_REPLY) == kinds(SUBJECTS)


def test_a_soft_subject_needs_another_sign():
    """A null reverse-path, or a field that says nobody wrote."""
    assert dict.fromkeys(SOFT, Kind.ORDINARY) == kinds(SOFT)
    assert dict.fromkeys(SOFT, Kind.AUTO_REPLY) == kinds(SOFT, "Return-Path: <>")
    assert dict.fromkeys(SOFT, Kind.AUTO_REPLY) == kinds(SOFT, "Precedence: junk")


def test_what_people_write_of_automatic_replies_is_theirs():
    """Questions about autoresponders, holidays and bounces are what a support desk is for."""
    assert dict.fromkeys(PEOPLE, Kind.ORDINARY) == kinds(PEOPLE)
