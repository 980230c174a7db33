"""Accounts and sign-ins: who may enter, and which browsers have. Before somebody has signed in, there is no actor."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from planner.clock import Clock
from planner.domain.contact import clean, mail_address
from planner.domain.errors import Conflict, InvalidValue
from planner.domain.roles import STAFF_ROLES, Actor, Permission, Role
from planner.domain.tokens import token_hash
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.desk_records import SignIn
from planner.storage.installation import Entered
from planner.storage.records import Staff
from planner.storage.unit_of_work import Store

IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=12)
"""A sign-in ends after so long without a page, and after so long altogether."""
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Member:
    """Somebody with an account, and their clinic. *clinic_version*: of who has signed in, the clinic as it stood then."""

    clinic_id: UUID
    staff: Staff
    clinic_version: int | None = None

    @property
    def actor(self) -> Actor:
        """What they are to the use-cases."""
        return Actor(self.staff.id, self.staff.role, self.clinic_id)


def member_by_email(store: Store, email: str) -> Member | None:
    """Find who signs in by a mail address."""
    with store.read_installation() as installation:
        found = installation.staff_by_email(email.strip().lower())
    return Member(found.clinic_id, found.record) if found else None


def member_by_uniquifier(store: Store, uniquifier: str) -> Member | None:
    """Find whom the sign-in library knows by this."""
    with store.read_installation() as installation:
        found = installation.staff_by_uniquifier(uniquifier)
    return Member(found.clinic_id, found.record) if found else None


def set_password(store: Store, clock: Clock, member: Member, hashed: str, uniquifier: str | None = None) -> Member:
    """Keep another password's hash; raises Conflict where the account was changed by somebody else first.

    *uniquifier*: another one, with which all cookies of the account are void.
    """
    ctx = Context(member.actor, store, clock)
    with ctx.begin() as uow:
        kept = uniquifier or member.staff.uniquifier
        saved = uow.staff.save(replace(member.staff, password=hashed, uniquifier=kept))
        audit(ctx, uow, clock(), "set-password", "staff", saved.id)
    return Member(member.clinic_id, saved)


def sign_in(store: Store, clock: Clock, member: Member, address: str, agent: str) -> str:
    """Write down that a browser has signed in, and give the secret for its cookie, which is stored nowhere."""
    ctx, now, token = Context(member.actor, store, clock), clock(), secrets.token_urlsafe(32)
    with ctx.begin() as uow:
        row = SignIn(uuid4(), member.staff.id, token_hash(token), now, now, address[:64], _printable(agent)[:200])
        uow.sign_ins.add(row)
        audit(ctx, uow, now, "sign-in", "staff", member.staff.id)
    return token


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def who_entered(store: Store, clock: Clock, token: str, uniquifier: str) -> Member | None:
    """Find who a cookie lets in: its sign-in was used within a quarter of an hour, is no older than twelve, not ended."""
    now, hashed = clock(), token_hash(token)
    with store.read_installation() as installation:
        found = installation.entered(hashed, uniquifier)
    if found is None or not found.staff.active or not _stands(found, now):
        return None
    if now - found.seen_at >= _SEEN_EVERY:
        with store.begin_installation() as installation:
            installation.see(hashed, now)
    return Member(found.clinic_id, found.staff, found.clinic_version)


def sign_out(store: Store, token: str) -> None:
    """End the sign-in of a cookie: a copy of it is dead at once."""
    with store.read_installation() as installation:
        found = installation.sign_in(token_hash(token))
    if found:
        with store.begin(found.clinic_id) as uow:
            uow.sign_ins.end([found.record.id])


def end_others(store: Store, member: Member, token: str | None) -> None:
    """End all sign-ins of somebody but the one of this cookie."""
    kept = token_hash(token) if token else None
    with store.begin(member.clinic_id) as uow:
        uow.sign_ins.end([one.id for one in uow.sign_ins.of_staff(member.staff.id) if one.token_hash != kept])


def is_too_often(store: Store, clock: Clock, key: str, limit: int, window: timedelta) -> bool:
    """Count one more try of something, and say whether there were too many within a window; true in every process."""
    seconds = int(window.total_seconds())
    start = int(clock().timestamp()) // seconds * seconds
    with store.begin_installation() as installation:
        return installation.hit(token_hash(key), start) > limit


def hire(ctx: Context, *, name: str, email: str, role: Role, resource_id: UUID | None = None) -> Member:
    """Make an account without a password, which a one-time link sets; raises Conflict for an address in use."""
    ctx.require(Permission.CONFIGURE)
    if role not in STAFF_ROLES:
        raise InvalidValue("role", "must be scheduler, clinician or admin")
    staff = Staff(uuid4(), clean(name, "name"), role, resource_id, mail_address(email), uniquifier=secrets.token_hex(16))
    with ctx.begin() as uow:
        if resource_id and uow.clinics.get(ctx.clock()).resource(resource_id) is None:
            raise InvalidValue("resource_id", "must be somebody of this clinic")
        uow.staff.add(staff)
        audit(ctx, uow, ctx.clock(), "hire", "staff", staff.id, {"role": role.value})
    return Member(ctx.actor.clinic_id, staff)


def staff(ctx: Context) -> list[Staff]:
    """List the clinic's accounts by name."""
    ctx.require(Permission.CONFIGURE)
    with ctx.read() as uow:
        return uow.staff.all()


def member(ctx: Context, staff_id: UUID) -> Member:
    """Find an account of the clinic; raises NotFound."""
    ctx.require(Permission.CONFIGURE)
    with ctx.read() as uow:
        return Member(ctx.actor.clinic_id, uow.staff.get(staff_id))


def change_account(ctx: Context, *, staff_id: UUID, version: int, role: Role, active: bool) -> Staff:
    """Change what somebody may do, or close the account: that ends its sign-ins, and its own calendars are switched off.

    Nobody closes or demotes their own.
    """
    ctx.require(Permission.CONFIGURE)
    if role not in STAFF_ROLES:
        raise InvalidValue("role", "must be scheduler, clinician or admin")
    with ctx.begin() as uow:
        found = uow.staff.get(staff_id)
        if found.version != version:
            raise Conflict("somebody else changed this account first")
        if found.id == ctx.actor.id and (not active or role is not found.role):
            raise InvalidValue("active", "is your own account: ask another administrator")
        saved = uow.staff.save(replace(found, role=role, active=active))
        if not active or role is not found.role:
            uow.sign_ins.end([one.id for one in uow.sign_ins.of_staff(staff_id)])
        links = () if active or saved.resource_id is None else uow.feed_links.of_resource(saved.resource_id)
        stopped = uow.feed_links.revoke_all((one.id for one in links), ctx.clock())
        facts = {"role": role.value, "active": active} | ({"links": stopped} if stopped else {})
        audit(ctx, uow, ctx.clock(), "change-account", "staff", staff_id, facts)
    return saved


def renew(ctx: Context, *, staff_id: UUID, version: int) -> Member:
    """Make the account ready for a new one-time link: earlier links and all its sign-ins end. Not for one's own account."""
    ctx.require(Permission.CONFIGURE)
    with ctx.begin() as uow:
        found = uow.staff.get(staff_id)
        if found.version != version:
            raise Conflict("somebody else changed this account first")
        if found.id == ctx.actor.id or not found.active:
            raise InvalidValue("version", "must be an open account of somebody else")
        saved = uow.staff.save(replace(found, uniquifier=secrets.token_hex(16)))
        uow.sign_ins.end([one.id for one in uow.sign_ins.of_staff(staff_id)])
        audit(ctx, uow, ctx.clock(), "renew-account", "staff", staff_id)
    return Member(ctx.actor.clinic_id, saved)


def sign_ins_of(ctx: Context, staff_id: UUID) -> list[SignIn]:
    """List the browsers in which somebody is signed in: one's own, or with CONFIGURE anybody's."""
    ctx.require(Permission.READ if staff_id == ctx.actor.id else Permission.CONFIGURE)
    now = ctx.clock()
    with ctx.read() as uow:
        return [one for one in uow.sign_ins.of_staff(staff_id) if _stands(one, now)]


def _stands(one: SignIn | Entered, now: datetime) -> bool:
    return now - one.seen_at < IDLE and now - one.created_at < ABSOLUTE


def end_sign_in(ctx: Context, *, sign_in_id: UUID) -> None:
    """End one sign-in: one's own, or with CONFIGURE anybody's; raises NotFound."""
    ctx.require(Permission.READ)
    with ctx.begin() as uow:
        found = uow.sign_ins.get(sign_in_id)
        if found.staff_id != ctx.actor.id:
            ctx.require(Permission.CONFIGURE)
        uow.sign_ins.end([sign_in_id])
        audit(ctx, uow, ctx.clock(), "end-sign-in", "staff", found.staff_id)
