"""Who may ask for what."""

import pytest


async def test_the_address_is_looked_at_before_the_credentials(serve):
    """A probe with bogus credentials from a foreign address hears of the address."""
    call = await serve(allowed_ips=())

    answer = await call.post("GetSupportStatuses", identifier="x", secret="x")

    assert (answer.status_code, answer.json()) == (403, {"result": "error", "message": "Invalid IP 127.0.0.1"})


@pytest.mark.parametrize("allowed", ["*", "0.0.0.0/0", "127.0.0.0/8"])
async def test_the_address_list_is_literal(serve, allowed):
    """Neither patterns nor networks stand for an address."""
    call = await serve(allowed_ips=(allowed,))

    assert (await call.post("GetSupportStatuses")).status_code == 403


async def test_the_access_key_stands_in_for_the_address(serve):
    """The right accesskey passes the address list, a wrong one does not."""
    call = await serve(allowed_ips=(), access_key="k-e-y")

    assert (await call("GetSupportStatuses", accesskey="k-e-y"))["result"] == "success"
    assert (await call("GetSupportStatuses", accesskey="key"))["message"] == "Invalid IP 127.0.0.1"


async def test_the_access_key_does_not_stand_in_for_the_credentials(serve):
    """Past the address list the pair is still asked for."""
    call = await serve(allowed_ips=(), access_key="k-e-y")

    assert (await call("GetSupportStatuses", accesskey="k-e-y", secret=""))["message"] == "Authentication Failed"


async def test_wrong_credentials_are_403_with_json(call):
    """Not 401, and never without the helpdesk's own words."""
    answer = await call.post("GetSupportStatuses", secret="wrong")

    assert (answer.status_code, answer.json()["message"]) == (403, "Authentication Failed")


async def test_the_pair_is_taken_in_the_old_fields_too(call):
    """identifier and secret may be sent as username and password."""
    answer = await call("GetSupportStatuses", identifier="", secret="", username="id", password="word")

    assert answer["result"] == "success"


async def test_an_action_is_known_in_any_case_and_in_the_query(call):
    """`openticket` is OpenTicket, and ?action= counts where the body names none."""
    lower = await call("getsupportstatuses")
    query = await call.http.post(
        f"{call.desk.url}?action=GetSupportStatuses",
        data={"identifier": "id", "secret": "word", "responsetype": "json"},
    )

    assert (lower["result"], query.json()["result"]) == ("success", "success")


@pytest.mark.parametrize(
    ("action_first", "secret", "said"),
    [
        (False, "word", (400, "Empty action request")),
        (False, "wrong", (403, "Authentication Failed")),
        (True, "wrong", (400, "Empty action request")),
    ],
)
async def test_a_request_without_action(serve, action_first, secret, said):
    """400, before or after the credentials as the settings say."""
    call = await serve(action_before_credentials=action_first)

    answer = await call.post("", secret=secret)

    assert (answer.status_code, answer.json()["message"]) == said


async def test_an_unknown_action_is_named_in_lower_case(call):
    """The words of WHMCS 9."""
    answer = await call("AddPromotion")

    assert answer["message"] == 'Invalid API Action: "addpromotion" is not a valid API action'


async def test_the_role_limits_the_actions(serve):
    """What the role lacks is 403 with the action's name; what it holds is served."""
    call = await serve(role=frozenset({"GetSupportStatuses"}))

    denied = await call.post("OpenTicket")

    assert denied.status_code == 403
    assert denied.json()["message"] == 'Invalid Permissions: API action "openticket" is not allowed'
    assert (await call("GetSupportStatuses"))["result"] == "success"
