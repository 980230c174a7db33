"""How a clinic appears in all that goes out: a neutral name, the sender's mail address, a telephone number, where it is."""

from planner.domain.contact import clean, mail_address, phone_number
from planner.domain.errors import Conflict, InvalidValue
from planner.domain.neutral import check_neutral
from planner.domain.roles import Permission
from planner.services.context import Context
from planner.services.writing import audit
from planner.storage.desk_records import Letterhead

_LONGEST, _LONGEST_ADDRESS = 80, 120


def letterhead(ctx: Context) -> Letterhead | None:
    """Give the clinic's letterhead; None where none is set, and then nothing can go out."""
    ctx.require(Permission.READ)
    with ctx.read() as uow:
        return uow.letterheads.get()


def change_letterhead(
    ctx: Context, *, public_name: str, sender: str, phone: str, version: int | None, address: str = ""
) -> Letterhead:
    """Set or change it. Raises InvalidValue for a word that tells what the clinic treats, Conflict for a stale page.

    *version* is the one that the page showed, None where there was none. *address*: a street address in one line, or empty.
    """
    ctx.require(Permission.CONFIGURE)
    name = check_neutral(clean(public_name, "public_name"), "public_name")
    if len(name) > _LONGEST:
        raise InvalidValue("public_name", f"must be at most {_LONGEST} characters")
    wanted = (name, check_neutral(mail_address(sender, "sender"), "sender"), phone_number(phone))
    place = _street(address)
    with ctx.begin() as uow:
        found = uow.letterheads.get()
        if version != (found.version if found else None):
            raise Conflict("somebody else changed the letterhead first")
        saved = uow.letterheads.save(Letterhead(*wanted, version=version or 1, address=place))
        audit(ctx, uow, ctx.clock(), "set-letterhead", "clinic", uow.clinic_id, {"version": saved.version})
    return saved


def _street(address: str) -> str:
    """Give a street address in one line; raises InvalidValue (*address*)."""
    line = " ".join(address.split())
    if not line:
        return ""
    if len(line) > _LONGEST_ADDRESS:
        raise InvalidValue("address", f"must be at most {_LONGEST_ADDRESS} characters")
    return check_neutral(clean(line, "address"), "address")

