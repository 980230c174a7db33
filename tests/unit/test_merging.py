"""Several letters as one: nothing is lost, what all of them say is said once, and at its place."""

from planner.domain.channels import Channel
from planner.notify.merging import fits, together
from planner.notify.transports import Letter


def letter(subject, *parts):
    return Letter("ada@mail.example", subject, "\n\n".join(parts) + "\n", "a@notice.invalid", "Harbor", "h@b.example")


def test_one_letter_stays_as_it_is():
    alone = letter("A reminder", "Hello,", "Do not drive.", "Call us.")
    assert together([alone]) is alone


def test_greeting_and_ending_are_said_once_and_all_else_in_order():
    first = letter("A reminder", "Hello,", "Do not drive.", "Call us.")
    second = letter("Tomorrow", "Hello,", "Do not eat from 07:00.", "Be there at 09:00.", "Call us.")
    made = together([first, second])
    assert made.text == "Hello,\n\nDo not drive.\n\n* * *\n\nDo not eat from 07:00.\n\nBe there at 09:00.\n\nCall us.\n"


def test_the_subject_names_each_of_them_once_and_the_first_where_that_is_too_long():
    first, same, second = letter("Cancelled", "a"), letter("Cancelled", "b"), letter("New time", "c")
    assert together([first, same, second]).subject == "Cancelled; New time"
    assert together([first, letter("x" * 200, "d")]).subject == "Cancelled"


def test_endings_that_differ_are_all_kept():
    made = together([letter("A", "Hello,", "Do not drive.", "Emergency: 911"), letter("B", "Hello,", "10:00", "Call us.")])
    assert made.text.split("\n\n") == [
        "Hello,", "Do not drive.", "Emergency: 911", "* * *", "10:00", "Call us.\n",
    ]  # fmt: skip


def test_what_two_letters_say_of_different_visits_stays_beside_each_of_them():
    home = "You must not drive yourself home."
    made = together([letter("A", "Hello,", "Tuesday", home, "Tuesday's link", "Call us."),
                     letter("B", "Hello,", "Thursday", home, "Thursday's link", "Call us.")])  # fmt: skip
    assert made.text == (
        f"Hello,\n\nTuesday\n\n{home}\n\nTuesday's link\n\n* * *\n\nThursday\n\n{home}\n\nThursday's link\n\nCall us.\n"
    )


def test_letters_that_say_the_same_are_said_once():
    assert together([letter("A", "Hello,", "10:00"), letter("B", "Hello,", "10:00")]).text == "Hello,\n\n10:00\n"


def test_a_text_has_a_length_and_a_mail_has_none():
    short, other, long = letter("", "a" * 148), letter("", "b" * 150), letter("", "c" * 151)
    assert fits([short, other], Channel.SMS)
    assert not fits([short, long], Channel.SMS)
    assert fits([short, long], Channel.MAIL)
