import pytest

from tierwise.access.internet import covers_internet

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
