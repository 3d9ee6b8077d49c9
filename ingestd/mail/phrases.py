"""The words by which machines give themselves away, in the languages in which they write."""

import re
from typing import Final


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


DAEMON: Final = _any(
    r"mailer[-_]?daemon", r"mail[-_. ]?daemon", r"mail[-_. ]deliver(?:y|er|)[-_. ](?:sub)?system", r"^double-bounce@"
)
OFFICE: Final = _any(
    r"\bpost[-_]?master\b",
    r"\bsystem administrator\b",
    r"\bmail administrator\b",
    r"\bmail system\b",
    r"\bno-?reply@",
    r"\bdo-?not-?reply@",
    r"\bNDR\b",
    r"\bbounces?@",
)
FAILED_SUBJECT: Final = _any(
    r"\bundeliver(?:ed|able)\b",
    r"\breturned mail\b",
    r"\bfailure notice\b",
    r"\bdelivery (?:has |have )?(?:fail|status notif|notification|error|problem)",
    r"\bfailed delivery\b",
    r"\b(?:mail|message) (?:delivery )?(?:failed|failure|error|status)",
    r"\bmail system error\b",
    r"\b(?:mail|message) (?:could not be|not) delivered\b",
    r"\breturn(?:ed|ing) (?:message |mail )?to sender\b",
    r"\berror sending your mail\b",
    r"\bemail bounce\b",
    r"\bnon[- ]?remis\b",
    r"\bnon recapitabile\b",
    r"\bunzustellbar",
    r"\bnicht zugestellt",
    r"\bno se (?:puede|pudo|ha podido) entregar",
    r"\bn(?:ã|a)o (?:foi )?(?:entregue|entreg)",
    r"не доставлено|недоставлен",
    r"メールエラー|配信(?:不能|エラー)|送信エラー|配送エラー|返送",
    r"退信|无法投递|未送达|系统退信",
    r"반송",
)
FAILED_TEXT: Final = _any(
    r"(?:could|can|was|were|has|have)(?: not|n't|not)(?: be| been| able to)? (?:deliver|send|reach)",
    r"\bunable to deliver\b",
    r"\bundeliver(?:ed|able)\b",
    r"\bnot (?:been )?delivered\b",
    r"\bdelivery (?:to the following|of this message|failed|failure|has failed|attempt)",
    r"\bfailed (?:permanently|recipient)",
    r"\b(?:permanent|fatal|non-delivery|delivery) (?:error|report|failure)",
    r"\berror delivering\b",
    r"\btranscript of session follows\b",
    r"\b(?:unknown user|user unknown|no such user|unknown or illegal alias|user not found|invalid recipient)\b",
    r"\binvalid final delivery\b",
    r"\b(?:mailbox|address|recipient|account)\b[^\n]{0,40}\b(?:full|unavailable|rejected|not exist|disabled|unknown)\b",
    r"\breturn(?:ed|ing) to sender\b",
    r"\breturned (?:mail|message)\b",
    r"\boriginal message follows\b",
    r"\bmessage could not\b",
    r"\bno valid recipients\b",
    r"\bdid not reach\b",
    r"\brecipient name is not recognized\b",
    r"\bautomatic bounce\b",
    r"\b(?:group|message) you (?:tried|have sent|sent)\b",
    r"konnten? (?:leider )?nicht (?:zugestellt|gesendet)",
    r"n['’]a pas pu (?:être|etre)|n['’]a pas été (?:remis|distribué|délivré)",
    r"no se (?:ha podido|pudo|puede) entregar|no ha sido entregado",
    r"não (?:foi possível|pôde) (?:entregar|ser)",
    r"impossibile (?:consegnare|recapitare)|non (?:è stato|può essere) (?:consegnato|recapitato)",
    r"не (?:удалось|может быть|было) (?:доставить|доставлен)|недостав",
    r"(?:配信|配送|送信|送達|お届け)(?:でき|することができ)|エラーメール|存在しない|宛先不明|見つかりません",
    r"(?:无法|未能)(?:投递|送达|发送)|退信",
)
STATUS: Final = re.compile(r"(?<![\d.])5\.\d{1,2}\.\d{1,3}(?![\d.])|(?<![\d.])55\d[ -](?!\d)|<<<\s*5\d\d")
ENCLOSED: Final = re.compile(
    r"^[> \t]{0,8}(?:Received: from |Message-ID:\s*<|Return-Path:\s*<)", re.IGNORECASE | re.MULTILINE
)
NOTIFICATION: Final = re.compile(r'\\?"notificationType\\?"\s{0,5}:\s{0,5}\\?"(Bounce|Complaint|Delivery)')
DELAYED_SUBJECT: Final = _any(
    r"\bdelay(?:ed)?\b", r"\bstill being retried\b", r"^warning:", r"verz(?:ö|oe)ger", r"\bretardé", r"遅延"
)
DELAYED_TEXT: Final = _any(
    r"\bthis is a warning message only\b",
    r"\bdo not need to (?:resend|re-send)\b",
    r"\bwill (?:be retried|keep trying|continue (?:to try|trying))\b",
    r"\bhas not yet been delivered\b",
    r"\bdelivery attempts will continue\b",
)
VACATION_SUBJECT: Final = re.compile(
    r"\s*(?:(?:auto(?:matic)?[- ]?(?:re(?:ply|sponse|sponder)|antwort)|automatische (?:antwort|beantwortung)|"
    r"out[- ]of[- ](?:the[- ])?office|(?:ich bin )?(?:derzeit )?(?:nicht im (?:büro|hause)|abwesen(?:d|heit))|abwesenheits\w*|"
    r"urlaubs(?:notiz|benachrichtigung|vertretung)|r[ée]ponse automatique|absence du bureau|message d['’]absence|"
    r"respuesta autom[áa]tica|fuera de (?:la )?oficina|risposta automatica|fuori (?:sede|ufficio)|"
    r"resposta autom[áa]tica|fora do escrit[óo]rio|ausência temporária|automatisch antwoord|afwezigheids\w*|"
    r"afwezig(?:heid)?|automatiskt? svar|autosvar|frånvaro\w*|automatisk svar|fravær\w*|automaattinen vastaus|"
    r"poissa(?:olo)?\w*|odpowied[źz] automatyczna|automatyczna odpowied[źz]|autoodpowied[źz]|nieobecno[śs][ćc]|"
    r"automatick[áa] odpov[ěe][ďd]|mimo kancel[áa][řr]|automatikus v[áa]lasz|r[ăa]spuns automat|"
    r"αυτόματη απάντηση|автоматический ответ|автоответ\w*|автоматична відповідь|otomatik yan[ıi]t|"
    r"自动(?:回复|答复)|自動(?:返信|応答|回覆)|不在通知|자동 ?(?:회신|응답)|تلقائي)(?:\s*[:：\-–—]|\s*$|(?=\s*[\[(])))",
    re.IGNORECASE,
)
AUTO_REPLY_FIELDS: Final[dict[bytes, tuple[str, ...]]] = {
    b"x-autoreply": (),
    b"x-autorespond": (),
    b"x-autoresponder": (),
    b"x-autoreply-from": (),
    b"x-mail-autoreply": (),
    b"x-autoreply-domain": (),
    b"x-auto-reply-from": (),
    b"x-auto-reply": (),
    b"x-vacation": (),
    b"x-vacationmessage": (),
    b"precedence": ("auto_reply", "auto-reply", "autoreply"),
    b"x-precedence": ("auto_reply", "auto-reply", "autoreply"),
    b"x-post-messageclass": ("autoresponder",),
    b"delivered-to": ("autoresponder",),
    b"x-jira-autoreply": (),
}
AUTO_GENERATED_FIELDS: Final = (
    b"x-autogenerated",
    b"x-auto-generated",
    b"x-cron-env",
    b"x-fc-machinegenerated",
    b"x-github-reason",
    b"x-jira-fingerprint",
)
