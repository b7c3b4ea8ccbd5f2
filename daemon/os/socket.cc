// SPDX-License-Identifier: ISC
#include "daemon/os/socket.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>

#include <cstring>
#include <memory>
#include <stdexcept>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

void set_option(int fd, int level, int name, int value, const char* what) {
    if (::setsockopt(fd, level, name, &value, sizeof value) < 0) throw_errno(what);
}

/// A path whose socket nobody serves any more may be taken over; anything else may not.
void clear_stale_path(const SocketAddress& address, int type) {
    const char* path = address.local.sun_path;
    struct stat status {};
    if (::lstat(path, &status) < 0) return;
    if (!S_ISSOCK(status.st_mode))
        throw_errno("bind: a file that is no socket is in the way", EADDRINUSE);
    const UniqueFd probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(probe.get(), address.raw(), address.length) == 0 || errno != ECONNREFUSED)
        throw_errno("bind", EADDRINUSE);
    ::unlink(path);
}

void bind_unix(int fd, const SocketAddress& address, const SocketOptions& options) {
    if (address.local.sun_path[0] == '\0') {
        if (::bind(fd, address.raw(), address.length) < 0) throw_errno("bind");
        return;
    }
    clear_stale_path(address, options.type);
    // Made closed to everybody, opened up only when owner and mode are right.
    const mode_t before = ::umask(0777);
    const int result = ::bind(fd, address.raw(), address.length);
    const int error = errno;
    ::umask(before);
    if (result < 0) throw_errno("bind", error);
    open_up(address.local.sun_path, options);
}

}  // namespace

void open_up(const std::string& path, const SocketOptions& options) {
    // By a descriptor: a name may mean something else from one call to the next.
    const UniqueFd bound(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!bound || ::fstat(bound.get(), &status) < 0) throw_errno("bind: the socket is gone");
    if (!S_ISSOCK(status.st_mode) || status.st_uid != ::geteuid() || status.st_nlink > 1)
        throw_errno("bind: something else has taken the socket's place", EADDRINUSE);
    if ((options.owner != static_cast<uid_t>(-1) || options.group != static_cast<gid_t>(-1)) &&
        ::fchownat(bound.get(), "", options.owner, options.group, AT_EMPTY_PATH) < 0)
        throw_errno("chown");
    // fchmod(2) takes no such descriptor, and fchmodat2(2) is younger than we ask for.
    if (::chmod(("/proc/self/fd/" + std::to_string(bound.get())).c_str(), options.mode) < 0)
        throw_errno(errno == ENOENT ? "chmod of a unix socket needs /proc" : "chmod");
}

std::vector<SocketAddress> resolve(const std::string& host, std::uint16_t port, int family) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;  // one entry an address
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    const bool any = host.empty() || host == "*";
    addrinfo* found = nullptr;
    const int error =
        ::getaddrinfo(any ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (error != 0)
        throw std::runtime_error("address `" + host + "': " +
                                 (error == EAI_SYSTEM ? error_text(errno) : ::gai_strerror(error)));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
    std::vector<SocketAddress> addresses;
    for (const addrinfo* item = found; item != nullptr; item = item->ai_next) {
        if (item->ai_addrlen > SocketAddress::capacity) continue;
        SocketAddress address;
        std::memcpy(address.raw(), item->ai_addr, item->ai_addrlen);
        address.length = item->ai_addrlen;
        addresses.push_back(address);
    }
    return addresses;
}

SocketAddress unix_address(const std::string& path) {
    SocketAddress address;
    address.local.sun_family = AF_UNIX;
    const bool abstract = path.starts_with('@');
    if (path.size() + (abstract ? 0 : 1) > sizeof address.local.sun_path)
        throw std::runtime_error("socket path `" + path + "' is longer than the kernel takes (" +
                                 std::to_string(sizeof address.local.sun_path - 1) + " bytes)");
    std::memcpy(address.local.sun_path, path.data(), path.size());
    if (abstract) address.local.sun_path[0] = '\0';
    address.length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
    return address;
}

bool has_ipv6() noexcept {
    return static_cast<bool>(UniqueFd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
}

UniqueFd open_listener(const SocketAddress& address, const SocketOptions& options) {
    const int family = address.family();
    UniqueFd fd(::socket(family, options.type | SOCK_CLOEXEC | SOCK_NONBLOCK, options.protocol));
    if (!fd) throw_errno("socket");
    const bool connections = options.type == SOCK_STREAM || options.type == SOCK_SEQPACKET;
    const bool tcp = options.type == SOCK_STREAM && address.is_ip();
    // For datagrams SO_REUSEADDR would let anyone of the same user steal the port.
    if (tcp) set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    if (options.reuse_port) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
    if (options.freebind && address.is_ip())
        set_option(fd.get(), SOL_IP, IP_FREEBIND, 1, "IP_FREEBIND");
    if (!options.interface.empty() &&
        ::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, options.interface.c_str(),
                     static_cast<socklen_t>(options.interface.size())) < 0)
        throw_errno("interface `" + options.interface + "'");
    if (family == AF_INET6 && options.v6only)
        set_option(fd.get(), SOL_IPV6, IPV6_V6ONLY, *options.v6only ? 1 : 0, "IPV6_V6ONLY");
    if (options.packet_info && family == AF_INET)
        set_option(fd.get(), SOL_IP, IP_PKTINFO, 1, "IP_PKTINFO");
    if (options.packet_info && family == AF_INET6)
        set_option(fd.get(), SOL_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    if (options.keepalive && tcp) set_option(fd.get(), SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
    if (options.nodelay && tcp) set_option(fd.get(), SOL_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    if (options.sndbuf > 0) set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, options.sndbuf, "sndbuf");
    if (options.rcvbuf > 0) set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, options.rcvbuf, "rcvbuf");

    if (family == AF_UNIX)
        bind_unix(fd.get(), address, options);
    else if (::bind(fd.get(), address.raw(), address.length) < 0)
        throw_errno("bind");
    if (connections && ::listen(fd.get(), options.listen_backlog) < 0) throw_errno("listen");
    return fd;
}

void adjust_listener(int fd, const SocketOptions& options) noexcept {
    if (options.sndbuf > 0)
        ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &options.sndbuf, sizeof options.sndbuf);
    if (options.rcvbuf > 0)
        ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options.rcvbuf, sizeof options.rcvbuf);
    if (options.type == SOCK_STREAM || options.type == SOCK_SEQPACKET)
        ::listen(fd, options.listen_backlog);
}

void want_packet_info(int fd, int family) noexcept {
    const int on = 1;
    if (family == AF_INET) ::setsockopt(fd, SOL_IP, IP_PKTINFO, &on, sizeof on);
    if (family == AF_INET6) ::setsockopt(fd, SOL_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
}

std::uint64_t socket_cookie(int fd) noexcept {
    std::uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    return ::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

void set_nonblocking(int fd, bool nonblocking) noexcept {
    const int flags = ::fcntl(fd, F_GETFL);
    const int wanted = nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (flags >= 0 && wanted != flags) ::fcntl(fd, F_SETFL, wanted);
}

void reset_on_close(int fd) noexcept {
    const struct linger at_once { .l_onoff = 1, .l_linger = 0 };
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

unsigned backlog_of(int fd) noexcept {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(fd, SOL_TCP, TCP_INFO, &info, &size) < 0 || info.tcpi_state != TCP_LISTEN)
        return 0;
    return info.tcpi_unacked;
}

bool is_stream(int fd) noexcept {
    int type = 0;
    socklen_t size = sizeof type;
    return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

bool stop_handshakes(int fd) noexcept {
    int protocol = 0;
    socklen_t size = sizeof protocol;
    if (::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0 || protocol != IPPROTO_TCP)
        return false;
    // The filter is shown each segment from the TCP header on; who completes a handshake has said
    // SYN already.
    constexpr unsigned flags_at = 13, syn = 0x02;
    sock_filter code[] = {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_at),
                          BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, syn, 0, 1),
                          BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, ~0U)};
    const sock_fprog filter{.len = sizeof code / sizeof code[0], .filter = code};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

bool is_readable(int fd) noexcept {
    pollfd item{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&item, 1, 0) > 0 && (item.revents & POLLIN) != 0;
}

}  // namespace minetd
