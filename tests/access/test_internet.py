import pytest

from tierwise.access.internet import covers_internet, parts_of

HALVES = ("0.0.0.0/1", "128.0.0.0/1")
ALL_BUT_LOOPBACK = ("0.0.0.0/2", "64.0.0.0/3", "96.0.0.0/4", "112.0.0.0/5", "120.0.0.0/6", "124.0.0.0/7", "126.0.0.0/8", "128.0.0.0/1")


@pytest.mark.parametrize(
    "ranges",
    [("0.0.0.0/0",), HALVES, ALL_BUT_LOOPBACK, ("::/0",), ("2000::/3",), ("10.0.0.0/8", "::/0")],
    ids=["all", "halves", "all but loopback", "IPv6", "all IPv6 in use", "one of both"],
)
def test_ranges_that_leave_nobody_out_are_the_internet(ranges):
    assert covers_internet(ranges)


@pytest.mark.parametrize(
    "ranges", [(), HALVES[:1], ALL_BUT_LOOPBACK[1:], ("10.0.0.0/8",), ("127.0.0.0/8",), ("2001:db8::/32",), ("2000::/4",)]
)
def test_and_ranges_that_leave_somebody_out_are_not(ranges):
    assert not covers_internet(ranges)


@pytest.mark.parametrize("text", ["anywhere", "10.0.0.0/33", "2000::/129", ""])
def test_what_is_no_range_is_an_error(text):
    with pytest.raises(ValueError, match="does not appear to be"):
        covers_internet([text])


def test_a_span_is_the_ranges_that_it_is_made_of():
    assert list(parts_of("0.0.0.0", "255.255.255.255")) == ["0.0.0.0/0"]
    assert list(parts_of("81.2.69.159", "81.2.69.162")) == ["81.2.69.159/32", "81.2.69.160/31", "81.2.69.162/32"]


@pytest.mark.parametrize("ends", [("", ""), ("10.0.0.2", "10.0.0.1"), ("10.0.0.1", "2001:db8::1")])
def test_and_what_is_no_span_is_an_error(ends):
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the standard library's, and differ
        list(parts_of(*ends))
