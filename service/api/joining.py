"""`/v1/join`, `/v1/couple/invitations` and `/v1/tokens`: the ways in. Looking at a link changes nothing."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, status
from pydantic import BaseModel, StringConstraints

from service.actions import joining
from service.api.idempotency import IdempotentRoute
from service.api.session import ForMe, TheHouse
from service.api.shapes import Asked, Id, Word
from service.core.errors import NotAllowed
from service.store.invitations import Invitation
from service.store.tokens import Token

router = APIRouter(prefix="/v1", tags=["joining"], route_class=IdempotentRoute)
open_router = APIRouter(prefix="/v1", tags=["joining"])  # whoever holds a link; it works once, so it needs no key


class Way(BaseModel):
    """What a link opens; POST to the same address takes it."""

    kind: Literal["start", "join", "sign_in"]
    expires_at: datetime


class Joining(Asked):
    """How you are called and where you live; a sign-in link needs neither."""

    name: Word | None = None
    zone: str | None = None


class NewToken(BaseModel):
    """A token; `token` is shown this once."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    token: str


class KnownToken(BaseModel):
    """A token without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime


class Tokens(BaseModel):
    """One's tokens."""

    data: list[KnownToken]
    next_cursor: str | None = None


class TokenAsked(Asked):
    """A token for another app."""

    name: Word
    scopes: list[str]


class InvitationAsked(Asked):
    """Whom to invite."""

    address: Annotated[str, StringConstraints(min_length=3, max_length=254)]


class OpenInvitation(BaseModel):
    """An invitation; `link` is there only when it was just made and no mail goes out."""

    id: str
    address: str
    expires_at: datetime
    link: str | None = None


class Invitations(BaseModel):
    """The couple's open invitations."""

    data: list[OpenInvitation]
    next_cursor: str | None = None


@open_router.get("/join/{secret}")
async def look_at(secret: str, house: TheHouse) -> Way:
    invitation = await joining.look_at(house, secret=secret, now=house.now())
    return Way(kind=_kind(invitation), expires_at=invitation.expires_at)


@open_router.post("/join/{secret}", status_code=status.HTTP_201_CREATED)
async def take(
    secret: str, joined: Joining, house: TheHouse, accept_language: Annotated[str, Header()] = ""
) -> NewToken:
    """Join, in the language that `Accept-Language` asks for; a sign-in link leaves it as it is."""
    handed = await joining.take(
        house,
        secret=secret,
        name=joined.name or "",
        zone=joined.zone or "",
        language=house.library.choose_language(accept_language),
        now=house.now(),
    )
    return _new_token(handed)


@router.get("/couple/invitations")
async def list_invitations(session: ForMe) -> Invitations:
    found = await joining.list_invitations(session.house, partner=session.partner, now=session.now)
    return Invitations(data=[_invitation(each) for each in found])


@router.post("/couple/invitations", status_code=status.HTTP_201_CREATED)
async def invite_partner(asked: InvitationAsked, session: ForMe) -> OpenInvitation:
    link = await joining.invite_partner(session.house, partner=session.partner, address=asked.address, now=session.now)
    return _invitation(link.invitation, link=None if session.house.sends_mail else link.url)


@router.delete("/couple/invitations/{invitation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def withdraw_invitation(invitation_id: Id, session: ForMe) -> None:
    await joining.withdraw_invitation(session.house, partner=session.partner, invitation_id=invitation_id)


@router.get("/tokens")
async def list_tokens(session: ForMe) -> Tokens:
    found = await joining.list_tokens(session.house, partner=session.partner)
    return Tokens(data=[KnownToken.model_validate(_token(each)) for each in found])


@router.post("/tokens", status_code=status.HTTP_201_CREATED)
async def make_token(asked: TokenAsked, session: ForMe) -> NewToken:
    scopes = frozenset(asked.scopes)
    if not scopes & joining.SCOPES <= session.scopes:  # a token makes none that opens more than itself
        raise NotAllowed
    handed = await joining.make_token(
        session.house, partner=session.partner, name=asked.name, scopes=scopes, now=session.now
    )
    return _new_token(handed)


@router.delete("/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_token(token_id: Id, session: ForMe) -> None:
    await joining.revoke_token(session.house, partner=session.partner, token_id=token_id)


def _kind(invitation: Invitation) -> Literal["start", "join", "sign_in"]:
    if invitation.partner_id is not None:
        return "sign_in"
    return "start" if invitation.couple_id is None else "join"


def _invitation(invitation: Invitation, *, link: str | None = None) -> OpenInvitation:
    return OpenInvitation(id=invitation.id, address=invitation.address, expires_at=invitation.expires_at, link=link)


def _token(token: Token) -> dict[str, object]:
    return {"id": token.id, "name": token.name, "scopes": sorted(token.scopes), "created_at": token.created_at}


def _new_token(handed: joining.Handed) -> NewToken:
    return NewToken.model_validate({**_token(handed.token), "token": handed.secret})
