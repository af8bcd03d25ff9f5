"""Where our own requests may go: anywhere the settings say, but not to what only a cloud's machines answer.

Who changes one setting must not get the machine's own credentials sent or shown. So link-local addresses and the
metadata services are refused, however they are written. Loopback and private networks stay open: a Chatwoot of one's own
lives there. A name is judged as a name. What it resolves to is not looked up, because it may resolve to something else
at the next request: the platform's DNS and firewall decide that.
"""

from __future__ import annotations

import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import unquote, urlsplit

Address = IPv4Address | IPv6Address

_NETWORKS = [
    ip_network(network)
    for network in (
        "169.254.0.0/16",  # link-local, RFC 3927; metadata of most clouds at .169.254, of containers at .170.2
        "fe80::/10",  # link-local, RFC 4291
        "fd00:ec2::/32",  # Amazon: metadata ::254, credentials of pods ::23, time ::123
        "fd20:ce::254/128",  # Google: metadata for machines with IPv6 alone
        "100.100.100.200/32",  # Alibaba: metadata
        "168.63.129.16/32",  # Azure: the platform's channel to its machines
        "192.0.0.192/32",  # Oracle: metadata of its older cloud
    )
]
_NAMES = {
    "metadata",
    "metadata.google.internal",
    "metadata.goog",
    "metadata.tencentyun.com",
    "instance-data",
    "instance-data.ec2.internal",
}
# What carries an IPv4 address in its last bits: compatible (RFC 4291) and NAT64 (RFC 6052).
_CARRIERS = [ip_network("::/96"), ip_network("64:ff9b::/96")]


def is_cloud_internal(url: str) -> bool:
    """Whether the host of a URL is link-local or a cloud's metadata service, in whatever notation; asks no DNS."""
    host = _plain(urlsplit(url).hostname or "")
    address = _address(host)
    if address is None:
        return host in _NAMES
    return any(one in network for one in _meanings(address) for network in _NETWORKS)


def _plain(host: str) -> str:
    """As HTTP clients read it: percent signs decoded, full-width letters and dots made plain, no dot at the end."""
    return (
        unicodedata.normalize("NFKC", unquote(host))
        .replace("\N{IDEOGRAPHIC FULL STOP}", ".")
        .rstrip(".")
        .lower()
    )


def _address(host: str) -> Address | None:
    """The address a host is written as, if it is one; libc also reads 2852039166, 0xa9fea9fe and 0251.254.43518."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def _meanings(address: Address) -> list[Address]:
    """The address, and the IPv4 addresses it may stand for."""
    if isinstance(address, IPv4Address):
        return [address]
    carried = [address.ipv4_mapped, address.sixtofour]
    if any(address in carrier for carrier in _CARRIERS):
        carried.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return [address, *(one for one in carried if one)]
