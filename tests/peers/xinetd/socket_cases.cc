// SPDX-License-Identifier: ISC
// Where a service listens, and how: types, flags, families, addresses, wait.
#include "tests/peers/xinetd/case.h"

namespace minetd {
namespace {

const Case cases[] = {
    {"both families by default", "wait = no", "show peer; to ::1; show peer",
     "peer=127.0.0.1; peer=[::1]"},
    {"IPv4", "flags = IPv4", "show peer; to ::1; open; rest", "peer=127.0.0.1; refused; refused"},
    {"IPv6", "flags = IPv6", "show peer; to ::1; show peer", "peer=127.0.0.1; peer=[::1]"},
    {"IPv4 and IPv6", "flags = IPv4 IPv6", "show peer; to ::1; show peer",
     "peer=127.0.0.1; peer=[::1]"},
    {"v6only = yes", "flags = IPv6\nv6only = yes", "open; to ::1; show peer",
     "refused; peer=[::1]"},
    {"v6only = no", "v6only = no", "open; to ::1; show peer", "refused; peer=[::1]", "peer=[::1]",
     "2, 11: no is no"},
    {"bind to an IPv4 address", "bind = 127.0.0.2", "open; to 127.0.0.2; show local; to ::1; open",
     "refused; local=127.0.0.2; refused"},
    {"bind to an IPv6 address", "bind = ::1", "open; to ::1; show local", "refused; local=[::1]"},
    {"bind to any address", "bind = ::", "show argv; to ::1; show argv",
     "argv <probe><report>; argv <probe><report>"},
    {"bind to any address, IPv4", "bind = ::\nflags = IPv4", "show argv; to ::1; open",
     "argv <probe><report>; refused"},
    {"bind to a name", "bind = localhost", "open; to ::1; open; rest", "refused; refused"},
    {"bind to a name, IPv4", "bind = seven.example.org\nflags = IPv4",
     "open; to 10.2.0.7; show local", "refused; local=10.2.0.7"},
    {"bind to a name that there is not", "bind = nowhere.example.org", "open", "refused"},
    {"interface is bind", "interface = 127.0.0.3", "open; to 127.0.0.3; show local",
     "refused; local=127.0.0.3"},
    {"bind to an address that is not there", "bind = 203.0.113.9", "open", "refused"},
    {"REUSE", "flags = REUSE", "show argv", "argv <probe><report>"},
    {"NODELAY", "flags = NODELAY", "show nodelay", "nodelay=1"},
    {"KEEPALIVE", "flags = KEEPALIVE", "show keepalive", "keepalive=1"},
    {"neither", "wait = no", "show nodelay keepalive", "nodelay=0; keepalive=0"},
    {"NORETRY", "flags = NORETRY", "show argv", "argv <probe><report>"},
    {"LABELED", "flags = LABELED", "open; rest", "closed", "refused; refused",
     "2.1: no SELinux context from the client; an error, not a closed connection"},
    {"several flags", "flags = REUSE NODELAY KEEPALIVE IPv4", "show nodelay keepalive peer",
     "nodelay=1; keepalive=1; peer=127.0.0.1"},
    // -- ports
    {"a service of /etc/services",
     "service peered\n{\nid = {id}\nsocket_type = stream\nprotocol = tcp\nwait = no\n"
     "user = {user}\nserver = {probe}\nserver_args = report\nport = 4242\n}\n",
     "at 4242; show argv", "argv <probe><report>"},
    {"another port than in /etc/services",
     "service peered-too\n{\nid = {id}\nsocket_type = stream\nprotocol = tcp\nwait = no\n"
     "user = {user}\nserver = {probe}\nserver_args = report\nport = {port}\n}\n",
     "open; at 4243; open", "refused; refused", "refused",
     "10.14: the port that is written counts, and that is warned of"},
    {"a name that is not in /etc/services", "-type\n-port", "open; rest", "refused; refused"},
    {"a name and a port, not UNLISTED", "-type", "open; rest", "refused; refused", "served",
     "10.14: the port that is written counts, and that is warned of"},
    {"a number for a name, not UNLISTED",
     "service {port}\n{\nid = {id}\nsocket_type = stream\nprotocol = tcp\nwait = no\n"
     "user = {user}\nserver = {probe}\nserver_args = report\nport = {port}\n}\n",
     "open; rest", "refused; refused", "served",
     "10.14: the port that is written counts, and that is warned of"},
    {"a number for a name and no port, not UNLISTED",
     "service {port}\n{\nid = {id}\nsocket_type = stream\nprotocol = tcp\nwait = no\n"
     "user = {user}\nserver = {probe}\nserver_args = report\n}\n",
     "open; rest", "refused; refused", "served",
     "10.14: the port that is written counts, and that is warned of"},
    {"an id of its own", "id = another\nlog_on_success = HOST", "ask; records 1",
     "served; START: another from=::ffff:127.0.0.1"},
    {"two services with one id",
     "service {id}\n{\ntype = UNLISTED\nid = twin\nport = {port}\nsocket_type = stream\nwait = no\n"
     "user = {user}\nserver = {probe}\nserver_args = report first\n}\n"
     "service {id}-too\n{\ntype = UNLISTED\nid = twin\nport = {second}\nsocket_type = stream\n"
     "wait = no\nuser = {user}\nserver = {probe}\nserver_args = report second\n}\n",
     "show argv; at {second}; show argv",
     "argv <probe><report><first>; argv <probe><report><second>"},
    {"two services on one port",
     "service {id}\n{\ntype = UNLISTED\nport = {port}\nsocket_type = stream\nwait = no\n"
     "user = {user}\nserver = {probe}\nserver_args = report first\n}\n"
     "service {id}-too\n{\ntype = UNLISTED\nport = {port}\nsocket_type = stream\n"
     "wait = no\nuser = {user}\nserver = {probe}\nserver_args = report second\n}\n",
     "show argv", "argv <probe><report><first>"},
    // -- wait
    {"wait = yes, stream", "wait = yes\nserver_args = accept 1",
     "open; number; open; number; open; number", "a number; a number; a number"},
    {"wait = yes, stream: what it sees", "wait = yes\nserver_args = report-to {dir}/out/{id}",
     "open; file out/{id} REMOTE_HOST fds; rest",
     "written; REMOTE_HOST=<no address>; fds 0 1 2; closed",
     "written; no REMOTE_HOST; fds 0 1 2; closed", "5: what is unknown is not set"},
    {"wait = yes, datagrams",
     "socket_type = dgram\nprotocol = udp\nwait = yes\nserver_args = receive 1", "udp one", "one"},
    {"wait = yes, datagrams, several for one program",
     "socket_type = dgram\nprotocol = udp\nwait = yes\nserver_args = receive 2", "udp one; udp two",
     "one; two"},
    {"wait = no, datagrams",
     "socket_type = dgram\nprotocol = udp\nwait = no\nserver_args = receive 1", "udp one", "one"},
    {"datagrams, protocol left out",
     "socket_type = dgram\n-protocol\nwait = yes\nserver_args = receive 1", "udp one", "one"},
    {"stream over udp", "protocol = udp", "open", "refused"},
    {"a protocol that there is not", "protocol = carrier-pigeon", "open", "refused"},
    {"a socket type that there is not", "socket_type = rdm", "open", "refused"},
};

}  // namespace

std::span<const Case> socket_cases() {
    return cases;
}

}  // namespace minetd
