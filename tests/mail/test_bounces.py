"""Bounces of servers that speak no RFC 3464, as free text: known for what they are, with whom and why."""

import pytest

from ingestd.core.model import Kind
from ingestd.mail.parse import parse

JO = "kijitora@example.jp"
# The mail, who was not reached, status.
BOUNCES = {
    "dragonfly": (
        "From: MAILER-DAEMON <>\nTo: neko@example.org\nSubject: Mail delivery failed\nReturn-Path: <>\nMessage-Id: <x@mx.example.org>\nDate: Mon, 2 Jan 2023 10:00:00 +0900\nContent-Type: text/plain; charset=utf-8\n\nThis is the DragonFly Mail Agent v0.11 at mx.example.org.\n\nThere was an error delivering your mail to <kijitora@example.jp>.\n\nmx.example.jp [192.0.2.1] did not like our RCPT TO:\n550 5.1.1 <kijitora@example.jp>: User Unknown\n\nMessage headers follow.\n\nReceived: from neko (uid 1000) by mx.example.org\nFrom: neko@example.org\nTo: kijitora@example.jp\nSubject: hi\nMessage-Id: <orig@example.org>",
        JO,
        "5.1.1",
    ),
    "dragonfly full text": (
        "From: MAILER-DAEMON <>\nTo: neko@example.org\nSubject: Mail delivery failed\nReturn-Path: <>\nContent-Type: text/plain; charset=utf-8\n\nThis is the DragonFly Mail Agent v0.13 at df.\n\nThere was an error delivering your mail to <kijitora@example.jp>.\n\nNo such user in virtual mailbox table\n\nOriginal message follows.\n\nReceived: by df\nMessage-Id: <orig@example.org>",
        JO,
        "",
    ),
    "x1": (
        "From: Mail Deliver System <Mail Deliver System>\nTo: neko@example.org\nSubject: Returned Mail: user unknown\nContent-Type: text/plain; charset=utf-8\n\nThe original message was received at Thu, 29 Apr 2010 23:34:45 +0900\nfrom shironeko@example.co.jp\n\n---The following addresses had delivery errors---\n\nkijitora@example.jp [User unknown]",
        JO,
        "",
    ),
    "x2": (
        "From: MAILER-DAEMON@nekonote\nTo: neko@example.org\nSubject: Delivery failure\nContent-Type: text/plain; charset=utf-8\n\nMessage from example.jp.\nUnable to deliver message to the following address(es).\n\n<kijitora@example.jp>:\nThis user doesn't have a example.jp account (kijitora@example.jp) [0]\n\n--- Original message follows.\n\nReceived: from x",
        JO,
        "",
    ),
    "x3": (
        "From: Mail Delivery System\nTo: neko@example.org\nSubject: Delivery status notification\nContent-Type: text/plain; charset=utf-8\n\n   This message was created automatically by the mail system (ecelerity).\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n>>> kijitora@example.jp (after RCPT TO): 553 5.3.0 user unknown\n\n------ This is a copy of the message, including all the headers. ------\n\nReceived: from x",
        JO,
        "",
    ),
    "x4": (
        "From: MAILER-DAEMON@example.jp\nTo: neko@example.org\nSubject: failure notice\nContent-Type: text/plain; charset=utf-8\n\nHi. This is the qmail-send program at example.jp.\n<kijitora@example.jp>:\nthis message is looping: it already has my Delivered-To line. (#5.4.6)\n\n--- Enclosed are the original headers of the message.",
        JO,
        "",
    ),
    "x5": (
        "From: Mail Administrator <Postmaster@example.jp>\nTo: neko@example.org\nSubject: Mail System Error - Returned Mail\nContent-Type: text/plain; charset=utf-8\n\nThis Message was undeliverable due to the following reason:\n\nYour message was not delivered because the destination computer refused\nto accept it (the error message is reproduced below).  This type of error\nis usually due to a mis-configured account or mail delivery system on the\ndestination computer; however, it could be caused by your message since\nsome mail systems refuse messages with invalid header information, or if\nthey are too large.\n\n     Host example.jp not responding\n\nThe following recipients did not receive this message:\n\n     <kijitora@example.jp>\n\nPlease reply to Postmaster@example.jp",
        JO,
        "",
    ),
    "x6": (
        "From: postmaster@example.jp\nTo: neko@example.org\nSubject: There was an error sending your mail\nContent-Type: text/plain; charset=utf-8\n\nWe had trouble delivering your message. Full details follow:\n\nSubject: 'Nyaan'\nDate: '2 Jan 2023'\n\n1 error(s):\n\nSMTP Server <mx.example.jp> rejected recipient <kijitora@example.jp> \n  (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]",
        JO,
        "",
    ),
    "kddi": (
        "From: no-reply@app.auone-net.jp\nTo: neko@example.org\nSubject: Mail System Error - Returned Mail\nContent-Type: text/plain; charset=utf-8\n\nYour mail sent on: Thu, 29 Apr 2010 11:04:47 +0900\n     Could not be delivered to: <kijitora@example.jp>\n     As their mailbox is full.",
        JO,
        "",
    ),
    "verizon": (
        "From: post_master@vtext.com\nTo: neko@example.org\nSubject: Undeliverable Message\nContent-Type: text/plain; charset=utf-8\n\nError:  550 - Requested action not taken: no such user here\n\n\n  Message details:\n    Subject: x\n    To: 5550001@vtext.com\n    From: neko@example.org",
        "5550001@vtext.com",
        "",
    ),
    "verizon vzw": (
        "From: sysadmin@vzwpix.com\nTo: neko@example.org\nSubject: Undeliverable Message\nContent-Type: text/plain; charset=utf-8\n\nMessage could not be delivered to mobile.\nError: No valid recipients for this MM",
        "",
        "",
    ),
    "fml": (
        "From: fml-admin@example.jp\nTo: neko@example.org\nSubject: subscribe request rejected\nX-MLServer: fml [fml 4.0]\nContent-Type: text/plain; charset=utf-8\n\nYou are not a member of this mailing list <nekochan@example.jp>.\nIf you know the general guide of this list, please send mail with\nthe mail body ",
        "",
        "",
    ),
    "docomo": (
        "From: mailer-daemon@docomo.ne.jp\nTo: neko@example.org\nSubject: Returned mail: User unknown\nReturn-Path: <>\nContent-Type: text/plain; charset=utf-8\n\nThe following addresses had delivery problems:\n\n<kijitora@example.jp>\n    User unknown",
        JO,
        "",
    ),
    "biglobe": (
        "From: postmaster@biglobe.ne.jp\nTo: neko@example.org\nSubject: Undeliverable: user unknown\nContent-Type: text/plain; charset=utf-8\n\n   ----- The following addresses had delivery problems -----\n********\n<kijitora@example.jp>\n********\n   ----- Non-delivered information -----\nThe number of messages in recipient's mailbox exceeded the local limit.",
        JO,
        "",
    ),
    "qmail": (
        "From: MAILER-DAEMON@mx.example.org\nTo: neko@example.org\nSubject: failure notice\nReturn-Path: <>\nContent-Type: text/plain; charset=utf-8\n\nHi. This is the qmail-send program at mx.example.org.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<kijitora@example.jp>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 user unknown\nGiving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <neko@example.org>",
        JO,
        "5.1.1",
    ),
    "exim": (
        "From: Mail Delivery System <Mailer-Daemon@mx.example.org>\nTo: neko@example.org\nSubject: Mail delivery failed: returning message to sender\nReturn-path: <>\nX-Failed-Recipients: kijitora@example.jp\nAuto-Submitted: auto-replied\nContent-Type: text/plain; charset=utf-8\n\nThis message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  kijitora@example.jp\n    SMTP error from remote mail server after RCPT TO:<kijitora@example.jp>:\n    host mx.example.jp [192.0.2.1]: 550 5.1.1 User unknown\n\n------ This is a copy of the message, including all the headers. ------",
        JO,
        "5.1.1",
    ),
    "sendmail v5": (
        "From: MAILER-DAEMON (Mail Delivery Subsystem)\nTo: neko@example.org\nSubject: Returned mail: User unknown\nContent-Type: text/plain; charset=utf-8\n\n   ----- Transcript of session follows -----\nWhile talking to mx.example.jp:\n>>> RCPT To:<kijitora@example.jp>\n<<< 550 <kijitora@example.jp>... User unknown\n550 <kijitora@example.jp>... User unknown\n\n   ----- Unsent message follows -----\nReceived: from x",
        JO,
        "",
    ),
    "notes": (
        "From: MAILER-DAEMON@notes.example.jp\nTo: neko@example.org\nSubject: DELIVERY FAILURE: User kijitora (kijitora@example.jp) not listed in Domino Directory\nContent-Type: text/plain; charset=utf-8\n\nYour message\n\n  Subject: x\n\nwas not delivered to:\n\n  kijitora@example.jp\n\nbecause:\n\n  User kijitora (kijitora@example.jp) not listed in Domino Directory",
        JO,
        "",
    ),
    "mailmarshal": (
        'From: postmaster@example.jp\nTo: neko@example.org\nSubject: Undeliverable Mail: "x"\nContent-Type: text/plain; charset=utf-8\n\nYour message:\n   From:    neko@example.org\n   Subject: x\n\nCould not be delivered because of\n\n550 5.1.1 User unknown\n\nThe following recipients were affected: \n    kijitora@example.jp\n\nAdditional Information',
        JO,
        "5.1.1",
    ),
    "imail": (
        "From: Postmaster <postmaster@example.jp>\nTo: neko@example.org\nSubject: Undeliverable Mail\nX-Mailer: <SMTP32 v8.22>\nContent-Type: text/plain; charset=utf-8\n\nUser mailbox exceeds allowed size: kijitora@example.jp\n\nOriginal message follows.\n\nReceived: from x",
        JO,
        "",
    ),
    "imail2": (
        "From: postmaster@example.jp\nTo: neko@example.org\nSubject: Undeliverable Mail\nX-Mailer: <SMTP32 vXXXXXX>\nContent-Type: text/plain; charset=utf-8\n\nUnknown user: kijitora@example.jp\n\nOriginal message follows.",
        JO,
        "",
    ),
    "interscan": (
        'From: "InterScan MSS" <nekochan@example.jp>\nTo: neko@example.org\nSubject: Mail delivery failed\nContent-Type: text/plain; charset=utf-8\n\n<<< 550 5.1.1 <kijitora@example.jp>... user unknown\n\nSent <<< RCPT TO:<kijitora@example.jp>\nReceived >>> 550 5.1.1 <kijitora@example.jp>... user unknown\n\nUnable to deliver message to <kijitora@example.jp>',
        JO,
        "",
    ),
    "mxlogic": (
        "From: Mail Delivery System <mailer-daemon@mxlogic.net>\nTo: neko@example.org\nSubject: Mail delivery failed: returning message to sender\nX-MX-Bounce: mta/src/queue/bounce\nContent-Type: text/plain; charset=utf-8\n\nThis message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  <kijitora@example.jp>: 550 User unknown",
        JO,
        "",
    ),
    "james": (
        "From: postmaster@example.jp\nTo: neko@example.org\nSubject: [BOUNCE]\nContent-Type: text/plain; charset=utf-8\n\nHi. This is the James mail server at ip-10-0-0-1.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.  Below\nI include the list of recipients and the reason why I was unable to deliver\nyour message.\n\nFailed recipient(s):\nkijitora@example.jp\n\nError message:\n550 5.1.1 User unknown\n\nMessage details:",
        JO,
        "5.1.1",
    ),
    "iis": (
        "From: postmaster@example.jp\nTo: neko@example.org\nSubject: Delivery Status Notification (Failure)\nContent-Type: text/plain; charset=utf-8\n\nThis is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed.\n\n       kijitora@example.jp",
        JO,
        "",
    ),
    "gmail plain": (
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nTo: neko@example.org\nSubject: Delivery Status Notification (Failure)\nReturn-Path: <>\nX-Failed-Recipients: kijitora@example.jp\nContent-Type: text/plain; charset=utf-8\n\nDelivery to the following recipient failed permanently:\n\n     kijitora@example.jp\n\nTechnical details of permanent failure: \nGoogle tried to deliver your message, but it was rejected by the recipient domain. The error that the other server returned was: 550 550 5.1.1 User unknown (state 14).\n\n   ----- Original message -----",
        JO,
        "5.1.1",
    ),
    "yahoo": (
        "From: MAILER-DAEMON@yahoo.com\nTo: neko@example.org\nSubject: Failure Notice\nContent-Type: text/plain; charset=utf-8\n\nSorry, we were unable to deliver your message to the following address.\n\n<kijitora@example.jp>:\nRemote host said: 550 5.1.1 User unknown [RCPT_TO]",
        JO,
        "5.1.1",
    ),
    "zoho": (
        "From: mailer-daemon@mail.zoho.com\nTo: neko@example.org\nSubject: Undelivered Mail Returned to Sender\nContent-Type: text/plain; charset=utf-8\n\nThis message was created automatically by mail delivery software.\nA message that you sent could not be delivered to one or more of its recipients. This is a permanent error. \n\nkijitora@example.jp Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 User unknown",
        JO,
        "5.1.1",
    ),
    "mail.ru": (
        "From: mailer-daemon@corp.mail.ru\nTo: neko@example.org\nSubject: Mail delivery failed\nContent-Type: text/plain; charset=utf-8\n\nThis message was created automatically by mail delivery software.\nA message that you sent could not be delivered to one or more of its recipients.\n\n  **********************\n  kijitora@example.jp\n    SMTP error from remote mail server: 550 User unknown",
        JO,
        "",
    ),
    "yandex": (
        "From: mailer-daemon@yandex.ru\nTo: neko@example.org\nSubject: Недоставленное сообщение\nContent-Type: text/plain; charset=utf-8\n\nЭто письмо отправлено почтовым сервером yandex.ru.\n\nК сожалению, мы вынуждены сообщить Вам о том, что Ваше письмо не может\nбыть отправлено одному или нескольким адресатам.\n\n<kijitora@example.jp>: host mx.example.jp said: 550 5.1.1 User unknown",
        JO,
        "5.1.1",
    ),
    "gmx de": (
        'From: mailer-daemon@gmx.de\nTo: neko@example.org\nSubject: Mail delivery failed: returning message to sender\nContent-Type: text/plain; charset=utf-8\n\nThis message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to\none or more of its recipients. This is a permanent error.\nThe following address failed:\n\n"kijitora@example.jp":\nSMTP error from remote server after RCPT command:\nhost: mx.example.jp\n5.1.1 <kijitora@example.jp>... User Unknown',
        JO,
        "5.1.1",
    ),
    "web.de 1&1": (
        "From: Mail Delivery System <mailer-daemon@kundenserver.de>\nTo: neko@example.org\nSubject: Mail delivery failed: returning message to sender\nContent-Type: text/plain; charset=utf-8\n\nThe following address failed:\n\nkijitora@example.jp\n\nFor the following reason:\n\nMailbox name not allowed",
        JO,
        "",
    ),
    "tonline": (
        "From: postmaster@t-online.de\nTo: neko@example.org\nSubject: Unzustellbare Nachricht\nContent-Type: text/plain; charset=utf-8\n\nIhre Nachricht konnte nicht zugestellt werden.\n\n|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n<kijitora@example.jp> ... unknown user",
        JO,
        "",
    ),
    "sns ses": (
        'From: AWS Notifications <no-reply@sns.amazonaws.com>\nTo: neko@example.org\nSubject: AWS Notification Message\nContent-Type: text/plain; charset=utf-8\n\n{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"kijitora@example.jp","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}],"reportingMTA":"dsn; a.smtp-out.amazonses.com"},"mail":{"source":"neko@example.org","destination":["kijitora@example.jp"]}}',
        JO,
        "5.1.1",
    ),
    "groups": (
        "From: Google Groups <noreply@googlegroups.com>\nTo: neko@example.org\nSubject: Failure Delivery\nX-Failed-Recipients: nekochan@example.jp\nContent-Type: text/plain; charset=utf-8\n\nHello neko@example.org,\n\nWe're writing to let you know that the group you tried to contact (nekochan)\nmay not exist, or you may not have permission to post messages to the group.",
        "nekochan@example.jp",
        "",
    ),
    "barracuda": (
        "From: postmaster@barracuda.example.jp\nTo: neko@example.org\nSubject: **Message you sent blocked by our bulk email filter**\nContent-Type: text/plain; charset=utf-8\n\nYour message to: kijitora@example.jp\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: x",
        JO,
        "",
    ),
    "opensmtpd": (
        "From: Mailer Daemon <MAILER-DAEMON@opensmtpd.example.jp>\nTo: neko@example.org\nSubject: Delivery status notification: error\nContent-Type: text/plain; charset=utf-8\n\n    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nkijitora@example.jp: 550 5.2.2 <kijitora@example>... Mailbox Full\n\n    Below is a copy of the original message:",
        JO,
        "5.2.2",
    ),
    "postfix ja": (
        "From: MAILER-DAEMON@mx.example.jp (Mail Delivery System)\nTo: neko@example.org\nSubject: =?iso-2022-jp?B?GyRCRzskLCRKJCQbKEI=?=\nReturn-Path: <>\nContent-Type: text/plain; charset=utf-8\n\n送信先のメールアドレスが見つかりませんでした。\n<kijitora@example.jp>: host mx said: 550 5.1.1 User unknown",
        JO,
        "5.1.1",
    ),
    "outlook.com fr": (
        "From: postmaster@outlook.com\nTo: neko@example.org\nSubject: Non remis : x\nReturn-Path: <>\nContent-Type: text/plain; charset=utf-8\n\nVotre message n'a pas pu être remis aux destinataires suivants :\n\nkijitora@example.jp\nRemote Server returned '550 5.1.1 User unknown'",
        JO,
        "5.1.1",
    ),
    "exchange de": (
        "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.jp>\nTo: neko@example.org\nSubject: Unzustellbar: x\nAuto-Submitted: auto-replied\nContent-Type: text/plain; charset=utf-8\n\nFehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\nkijitora@example.jp\nDie eingegebene E-Mail-Adresse konnte nicht gefunden werden.\nRemote Server returned '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'",
        JO,
        "5.1.1",
    ),
}


@pytest.mark.parametrize("server", BOUNCES)
def test_a_bounce_of_any_server_is_known(server):
    """By several signs together; whom it is about is never its own reader."""
    raw, recipient, status = BOUNCES[server]

    mail = parse(raw.encode())

    assert Kind.BOUNCE is mail.kind
    assert recipient in {"", mail.bounce.recipient}
    assert status in {"", mail.bounce.status}
