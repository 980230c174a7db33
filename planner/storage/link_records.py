"""What storage gives out and takes in of private links and of what comes by them. Frozen; instants are UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from planner.domain.channels import DEFAULT_CHANNELS, Channel, Quiet
from planner.domain.reaching import Audience, Delivery, Language, Purpose
from planner.domain.replies import ReplyKind, Ride


@dataclass(frozen=True)
class FeedLink:
    """A private address of a calendar. *wording* is the title of what it shows; *label* says whose device it is for.

    *audience* PATIENT and CARER have a *patient_id*, CLINICIAN and ROOM a *resource_id*. *shows_advice*: the no-driving
    days; *shows_place*: the clinic's street address; *alarm_minutes*: a courtesy alarm so long before, None for none.
    *agreed_at*: when the patient agreed that a carer has it.
    """

    id: UUID
    patient_id: UUID | None
    label: str
    token_hash: str = field(repr=False)
    wording: str
    shows_advice: bool
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    fetched_at: datetime | None = None
    fetched_by: str | None = None
    audience: Audience = Audience.PATIENT
    resource_id: UUID | None = None
    shows_place: bool = False
    alarm_minutes: int | None = None
    language: Language = Language.ENGLISH
    agreed_at: datetime | None = None


@dataclass(frozen=True)
class PageLink:
    """A private address of a patient's page, or (*purpose*) of one thing that can be done once about an appointment.

    *notice_id*: the message that holds it. *used_at*, *used_by*: when it was last opened, and by which program.
    """

    id: UUID
    patient_id: UUID
    purpose: Purpose
    label: str
    token_hash: str = field(repr=False)
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    appointment_id: UUID | None = None
    notice_id: UUID | None = None
    revoked_at: datetime | None = None
    used_at: datetime | None = None
    used_by: str | None = None


@dataclass(frozen=True)
class Reply:
    """What a patient answered about an appointment as it was then (*sequence*); append-only.

    *by*: the link or the member of staff that it came through. *ride*: who takes the patient home. *start_at*: the time
    that is asked for instead.
    """

    id: UUID
    patient_id: UUID
    appointment_id: UUID
    kind: ReplyKind
    sequence: int
    at: datetime
    by: UUID
    ride: Ride | None = field(default=None, repr=False)
    start_at: datetime | None = None


@dataclass(frozen=True)
class Correspondence:
    """How a patient wants to be written to; *id* is the patient's. *wording*: the neutral title of an appointment.

    *full*: the patient's own page may say all; by default it leaves out what would tell what the appointments are for.
    *channels*: in order; *quiet*: the patient's own quiet hours, None for the clinic's; *reminders*: of rides and
    preparation (what a dose owes comes always). *shows_place*: invitations say where the clinic is.
    """

    id: UUID
    language: Language = Language.ENGLISH
    delivery: Delivery = Delivery.FEED
    wording: str = "Appointment"
    version: int = 0
    full: bool = False
    channels: tuple[Channel, ...] = DEFAULT_CHANNELS
    quiet: Quiet | None = None
    reminders: bool = True
    shows_place: bool = False
