// SPDX-License-Identifier: ISC
// Sockets as minetd needs them: bound and listening, close-on-exec from the first moment.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "daemon/os/socket_address.h"
#include "daemon/os/unique_fd.h"

namespace minetd {

/// What a listening socket is to be; members are named as the attributes they come from.
struct SocketOptions {
    int type = 0;      ///< SOCK_*
    int protocol = 0;  ///< for socket(2)
    std::string interface;
    bool freebind = false, reuse_port = false, keepalive = false, nodelay = false;
    std::optional<bool> v6only;
    bool packet_info = false;  ///< datagrams tell the address they were sent to
    int listen_backlog = 511;
    int sndbuf = 0, rcvbuf = 0;
    mode_t mode = 0666;  ///< of a unix socket's path
    uid_t owner = static_cast<uid_t>(-1);
    gid_t group = static_cast<gid_t>(-1);
};

/// Addresses of a host for a port (host order): numeric at once, a name through the resolver. An
/// empty host or `*` is the wildcard. `family` is AF_INET, AF_INET6 or AF_UNSPEC (both).
/// Throws std::runtime_error with the resolver's reason.
std::vector<SocketAddress> resolve(const std::string& host, std::uint16_t port, int family);

/// The address of a unix socket: a path, or `@name` in the abstract name space.
/// Throws std::runtime_error when it does not fit.
SocketAddress unix_address(const std::string& path);

/// The kernel has IPv6 sockets (ipv6.disable=1 takes them away).
bool has_ipv6() noexcept;

/// Binds and, for connection types, listens. A dead unix socket's path is replaced; a live one, or
/// a file that is no socket, is EADDRINUSE. Throws std::system_error.
UniqueFd open_listener(const SocketAddress& address, const SocketOptions& options);

/// Gives a unix socket that was just bound, closed to everybody, its owner and its mode. Whoever
/// owns the directory may have put something else in its place, a link to another's file: that is
/// left alone, and is EADDRINUSE. Throws std::system_error.
void open_up(const std::string& path, const SocketOptions& options);

/// What may change while a socket is open: backlog and buffers. Best effort.
void adjust_listener(int fd, const SocketOptions& options) noexcept;

/// Datagrams tell the address they were sent to. Best effort.
void want_packet_info(int fd, int family) noexcept;

/// What the kernel calls this socket as long as it exists, whoever holds it by whatever number
/// (SO_COOKIE of socket(7)); 0: it does not tell.
std::uint64_t socket_cookie(int fd) noexcept;

/// O_NONBLOCK belongs to the open socket, whoever shares it.
void set_nonblocking(int fd, bool nonblocking) noexcept;

/// What the peer has not taken by the time the socket is closed is dropped, and it hears a reset.
void reset_on_close(int fd) noexcept;

/// Connections that wait to be accepted on a listening socket; 0 where the kernel does not tell
/// (TCP_INFO of tcp(7): TCP only).
unsigned backlog_of(int fd) noexcept;

/// A socket of connections, not of datagrams, and not something else.
bool is_stream(int fd) noexcept;

/// From now on a listening TCP socket takes no new connection: who asks for one hears nothing until
/// the socket closes. Those in its queue stay there, and whose handshake is under way gets in
/// still. False: nothing else can do that.
bool stop_handshakes(int fd) noexcept;

/// A connection or a datagram waits: is there something to serve right now?
bool is_readable(int fd) noexcept;

}  // namespace minetd
