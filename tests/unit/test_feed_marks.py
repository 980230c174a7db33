"""What one connection asks of the database at a fetch: its pulse always, a mark only where something was written."""

from planner.storage.feed_marks import _Line


class Driver:
    """A database that counts what is written, and writes down what it is asked."""

    def __init__(self):
        self.pulse, self.asked, self.marks = 1, [], {"one": ("a",), "other": ("b",)}

    def cursor(self):
        return self

    def execute(self, statement, values=None):
        self.asked.append(statement)
        self.found = (self.pulse,) if statement == "PULSE" else self.marks.get(values)
        return self

    def fetchall(self):
        return [] if self.found is None else [self.found]


def asked(driver, line, *tokens):
    driver.asked.clear()
    return [line.mark("PULSE", "MARK", token, token) for token in tokens], list(driver.asked)


def test_a_mark_stands_while_nobody_writes():
    driver = Driver()
    line = _Line(driver)
    assert asked(driver, line, "one", "one", "one") == ([("a",)] * 3, ["PULSE", "MARK", "PULSE", "PULSE"])


def test_a_mark_is_read_again_once_anybody_has_written_anything():
    driver = Driver()
    line = _Line(driver)
    asked(driver, line, "one", "other")
    driver.pulse, driver.marks["one"] = 2, ("c",)
    assert asked(driver, line, "one", "other", "one")[0] == [("c",), ("b",), ("c",)]
    assert driver.asked == ["PULSE", "MARK", "PULSE", "MARK", "PULSE"]


def test_a_token_that_opens_nothing_may_come_to_open_something():
    driver = Driver()
    line = _Line(driver)
    assert asked(driver, line, "new", "new")[0] == [None, None]
    driver.pulse, driver.marks["new"] = 2, ("d",)
    assert asked(driver, line, "new")[0] == [("d",)]


def test_what_comes_between_the_pulse_and_the_mark_is_seen_the_next_time():
    driver = Driver()
    line = _Line(driver)

    class Hasty(dict):
        def get(self, key):
            found = super().get(key)
            driver.pulse += 1  # another commits after the mark was read
            self[key] = ("later",)
            return found

    driver.marks = Hasty(driver.marks)
    assert asked(driver, line, "one", "one")[0] == [("a",), ("later",)]


def test_tokens_that_nobody_has_do_not_fill_the_memory():
    driver = Driver()
    line = _Line(driver, most_known=10)
    asked(driver, line, *(f"guess {number}" for number in range(100)))
    assert len(line._known) <= 10
