// SPDX-License-Identifier: ISC
// Where a service listens, and in which way it is served.
#include "daemon/config/attribute_row.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

using SocketTypes = Choice<SocketType, "stream, dgram, seqpacket, raw or rdm">;

constexpr std::int64_t socket_path = 107;  ///< sizeof sun_path, less its end

constexpr Row<Spec> table[] = {
    row<Text, &Spec::name>(
        {"service", "name", 1, longest, false, socket,
         "the word that names the service: a name of services(5), a port, a unix path. A section "
         "that says it defines a service of its own, whatever its header"}),
    row<Text, &Spec::id>({"id", "", 1, longest, false, servers,
                          "the service's name in records; the service word unless said"}),
    row<YesNo, &Spec::disable>({"disable", "", 0, 0, true, none, "leaves the service out"}),
    row<SocketTypes, &Spec::socket_type>(
        {"socket_type", "socktype", 0, 0, true, socket, "the second field of a line"}),
    make_row<Spec, Together<Protocol, &Spec::protocol, &Spec::family, &Spec::protocol_number>>(
        {"protocol", "proto", 1, longest, true, socket,
         "the third field of a line; without 4, 6 or 46 one socket for each IP version"}),
    row<Number, &Spec::port>(
        {"port", "", 0, 65535, false, socket,
         "where the service listens, if its name does not tell; 0 for unix sockets"}),
    row<Addresses, &Spec::bind>({"bind", "address", 0, longest, true, socket,
                                 "the local addresses on which the service listens; * for any"}),
    row<Text, &Spec::path>({"path", "", 0, socket_path, false, socket,
                            "the path of a unix socket, @name in the abstract name space"}),
    row<Text, &Spec::socket_user>({"socket_user", "socket_owner", 0, longest, true, socket,
                                   "who owns the unix socket; empty: the daemon's user"}),
    row<Text, &Spec::socket_group>({"socket_group", "", 0, longest, true, socket,
                                    "the group of the unix socket; empty: the daemon's group"}),
    row<Optional<Mode, "default">, &Spec::socket_mode>(
        {"socket_mode", "", 0, 07777, true, socket,
         "the mode of the unix socket; default is 0666"}),
    row<Text, &Spec::interface>(
        {"interface", "", 0, 15, true, socket,
         "takes only what arrives on this network interface (SO_BINDTODEVICE); empty: all"}),
    row<YesNo, &Spec::freebind>({"freebind", "", 0, 0, true, socket,
                                 "binds addresses that this host does not have yet (IP_FREEBIND)"}),
    row<Optional<YesNo, "default">, &Spec::v6only>(
        {"v6only", "", 0, 0, true, socket,
         "whether an IPv6 socket refuses IPv4 peers; default is as the protocol says: tcp46 takes "
         "them"}),
    row<YesNo, &Spec::reuse_port>({"reuse_port", "reuseport", 0, 0, true, socket,
                                   "lets several sockets share the port (SO_REUSEPORT)"}),
    row<YesNo, &Spec::keepalive>(
        {"keepalive", "", 0, 0, true, servers, "probes silent peers (SO_KEEPALIVE)"}),
    row<YesNo, &Spec::nodelay>(
        {"nodelay", "", 0, 0, true, servers, "sends small pieces at once (TCP_NODELAY)"}),
    row<Number, &Spec::listen_backlog>(
        {"listen_backlog", "ListenBacklog backlog", 1, 65535, true, none,
         "connections that wait in the kernel; it clips this to net.core.somaxconn"}),
    row<Size, &Spec::sndbuf>({"sndbuf", "SendBufferSize", 0, 1 << 30, true, none,
                              "send buffer of the socket; 0: the kernel's choice"}),
    row<Size, &Spec::rcvbuf>({"rcvbuf", "recvbuf ReceiveBufferSize", 0, 1 << 30, true, none,
                              "receive buffer of the socket; 0: the kernel's choice"}),
    row<ServeWord, &Spec::serve>({"serve", "mpm wait", 0, 0, true, servers,
                                  "the fourth field of a line: who serves a connection"}),
    make_row<Spec, Together<Tcpmux, &Spec::tcpmux, &Spec::tcpmux_plus>>(
        {"tcpmux", "", 0, 0, false, socket,
         "the service is reached through tcpmux and has no socket of its own"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::socket_rows() noexcept {
    return table;
}

}  // namespace minetd
