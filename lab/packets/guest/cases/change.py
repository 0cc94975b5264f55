"""An end takes the tunnel's addresses anew, as it does when the home's prefix has changed."""

from case import at, case, fact
from network import ZWEI_MTU


@case("The tunnel's addresses change: its MTU stays that of the narrower line")
def _():
    for place in ("relay", "zwei"):
        fact(f"the MTU before, {place}", str(ZWEI_MTU), mtu(place))
        at(place, "/etc/relay4in6/link-wrap2", "change")
        fact(f"the MTU after, {place}", str(ZWEI_MTU), mtu(place))


def mtu(place):
    return at(place, "cat", "/sys/class/net/wrap2/mtu").strip()
