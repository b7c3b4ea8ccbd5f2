// SPDX-License-Identifier: ISC
#include "daemon/service_sockets.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "daemon/os/identity.h"
#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"
#include "daemon/os/systemd.h"
#include "daemon/os/thread.h"

namespace minetd {
namespace {

constexpr Milliseconds first_delay = 250, longest_delay = 60'000;
/// For those who wait where nobody can be kept from joining them.
constexpr Milliseconds patience = 1000;

int type_of(SocketType type) {
    switch (type) {
        case SocketType::stream:
            return SOCK_STREAM;
        case SocketType::dgram:
            return SOCK_DGRAM;
        case SocketType::seqpacket:
            return SOCK_SEQPACKET;
        case SocketType::raw:
            return SOCK_RAW;
        case SocketType::rdm:
            return SOCK_RDM;
    }
    return SOCK_STREAM;
}

int family_of(Family family) {
    if (family == Family::v4) return AF_INET;
    return family == Family::any ? AF_UNSPEC : AF_INET6;
}

SocketOptions options_for(const ServiceSpec& spec) {
    SocketOptions options;
    options.type = type_of(spec.socket_type);
    options.protocol = spec.protocol_number;
    options.interface = spec.interface;
    options.freebind = spec.freebind;
    options.reuse_port = spec.reuse_port;
    options.keepalive = spec.keepalive;
    options.nodelay = spec.nodelay;
    options.v6only = spec.v6only ? *spec.v6only : spec.family != Family::dual;
    options.packet_info = spec.is_datagram() && (spec.is_builtin() || spec.intercept);
    options.listen_backlog = static_cast<int>(spec.listen_backlog);
    options.sndbuf = static_cast<int>(spec.sndbuf);
    options.rcvbuf = static_cast<int>(spec.rcvbuf);
    options.mode = spec.socket_mode.value_or(0666);
    if (!spec.socket_user.empty() || !spec.socket_group.empty()) {
        const Identity owner = resolve_identity(spec.socket_user, spec.socket_group, false);
        if (!spec.socket_user.empty()) options.owner = owner.uid;
        if (!spec.socket_group.empty()) options.group = owner.gid;
    }
    return options;
}

bool is_specific(const SocketAddress& address) {
    if (address.family() == AF_INET) return address.v4.sin_addr.s_addr != INADDR_ANY;
    return address.family() != AF_INET6 || !IN6_IS_ADDR_UNSPECIFIED(&address.v6.sin6_addr);
}

}  // namespace

ServiceSockets::ServiceSockets(EventLoop& loop, std::shared_ptr<const ServiceSpec> spec, Log log,
                               std::function<void()> opened, Inheritance& inheritance)
    : spec_(std::move(spec)),
      log_(std::move(log)),
      opened_(std::move(opened)),
      inheritance_(inheritance),
      retry_(loop, [this] { retry(); }) {
    if (spec_->tcpmux) return;
    // Where their owner named sockets for the service, he says where it is.
    take(inheritance_.named_for(*spec_));
    if (std::any_of(open_.begin(), open_.end(), [](const Open& open) { return open.named; }))
        return;
    if (spec_->bind.empty() || spec_->family == Family::unix_domain)
        missing_.push_back({});
    else
        for (const std::string& host : spec_->bind)
            missing_.push_back({.host = host, .problem = {}});
    std::erase_if(missing_, [this](Wanted& wanted) { return try_open(wanted); });
    if (missing_.empty()) return;
    delay_ = first_delay;
    retry_.schedule(delay_);
}

/// Who waits may still be served by another holder of the socket: a process that is left without us
/// closes it itself.
ServiceSockets::~ServiceSockets() {
    close_to_new(End::of_daemon);
    std::erase_if(open_, [this](const Open& socket) {
        return accepts_here() && ends(socket) && is_readable(socket.fd.get());
    });
    close();
}

/// Connections are accepted by us, or by programs that come and go with the service.
bool ServiceSockets::accepts_here() const noexcept {
    const bool given = spec_->serve == Serve::wait && !spec_->is_builtin() && !spec_->intercept;
    return !spec_->is_datagram() && !given;
}

bool ServiceSockets::ends(const Open& socket) const noexcept {
    return !socket.foreign && (end_ != End::of_daemon || socket.name.empty());
}

void ServiceSockets::remove_path(Open& socket) noexcept {
    struct stat status {};
    const ino_t inode = std::exchange(socket.inode, 0);
    if (inode != 0 && ::lstat(socket.address.local.sun_path, &status) == 0 &&
        status.st_ino == inode && status.st_dev == socket.device)
        ::unlink(socket.address.local.sun_path);
}

void ServiceSockets::close_to_new(End end) noexcept {
    end_ = end;
    missing_.clear();
    retry_.cancel();
    patience_ends_ = monotonic_ms() + patience;
    for (Open& socket : open_) {
        if (!ends(socket)) continue;
        // The next one of this service may be kept by the same name.
        if (!socket.name.empty()) systemd::forget_stored(std::exchange(socket.name, {}));
        if (!accepts_here()) continue;
        socket.door_shut = socket.inode != 0 || stop_handshakes(socket.fd.get());
        remove_path(socket);
    }
}

bool ServiceSockets::are_awaited() const noexcept {
    if (!end_ || !accepts_here()) return false;
    const bool patient = monotonic_ms() < patience_ends_;
    return std::any_of(open_.begin(), open_.end(), [&](const Open& socket) {
        return ends(socket) && (socket.door_shut || patient) && is_readable(socket.fd.get());
    });
}

void ServiceSockets::close() noexcept {
    for (Open& socket : open_) {
        if (socket.foreign && end_ == End::of_service) {
            if (auto known = inspect_socket(std::move(socket.fd), socket.name))
                inheritance_.give_back(std::move(*known));
        }
        if (!ends(socket)) continue;
        // Whoever else holds it (a pool's servers, on their way out) stops listening with us. A
        // `wait` or resident program has been given the socket for good, and would see errors.
        if (accepts_here() && !spec_->is_resident()) ::shutdown(socket.fd.get(), SHUT_RDWR);
        remove_path(socket);
    }
    open_.clear();
}

void ServiceSockets::rename(std::shared_ptr<const ServiceSpec> spec, std::function<void()> opened) {
    spec_ = std::move(spec);
    opened_ = std::move(opened);
    const SocketOptions options = options_for(*spec_);
    for (const Open& socket : open_)
        if (!socket.foreign) adjust_listener(socket.fd.get(), options);
}

std::vector<ListeningSocket> ServiceSockets::sockets() const {
    std::vector<ListeningSocket> sockets;
    for (const Open& socket : open_)
        sockets.push_back({socket.fd.get(), socket.address, socket.specific, socket.host,
                           socket.foreign || !socket.name.empty()});
    return sockets;
}

/// As many sockets as the service has buckets (Apache's ListenCoresBucketsRatio): the kernel
/// spreads the connections over them. Every server takes from all, so that none is left alone.
void ServiceSockets::open_all(const SocketAddress& address, const std::string& host) {
    const std::size_t had = open_.size();
    take(inheritance_.bound_to(address, *spec_), host);
    if (open_.size() > had) return;
    SocketOptions options = options_for(*spec_);
    const unsigned ratio = spec_->pool.listen_cores_buckets_ratio;
    const bool spread = ratio > 0 && spec_->is_pool() && address.is_ip() && !spec_->is_datagram();
    const unsigned buckets = spread ? processors() / ratio : 1;
    if (buckets > 1) {
        // Somebody else's socket on this address must fail us, as ever: not become one of ours.
        static_cast<void>(open_listener(address, options));
        options.reuse_port = true;
    }
    const std::size_t before = open_.size();
    try {
        open_one(address, host, options);
        // Where the kernel chose the port, the others share it.
        const SocketAddress place = open_.back().address;
        for (unsigned i = 1; i < buckets; ++i) open_one(place, host, options);
    } catch (...) {
        open_.resize(before);
        throw;
    }
    bound_ = true;
    for (std::size_t i = before; i < open_.size(); ++i) {
        std::string name = stored_name(spec_->key(), stored_++);
        if (systemd::store(name, open_[i].fd.get())) open_[i].name = std::move(name);
    }
}

/// A path that came with another's socket is left where it is at the end: it may be somebody's.
void ServiceSockets::take(std::vector<InheritedSocket> inherited, const std::string& host) {
    const SocketOptions options = options_for(*spec_);
    for (InheritedSocket& from : inherited) {
        Open socket{.fd = std::move(from.fd),
                    .address = from.address,
                    .host = from.handed ? std::move(from.host) : host,
                    .specific = is_specific(from.address),
                    .inode = from.inode,
                    .device = from.device,
                    .name = std::move(from.name),
                    .foreign = !from.ours,
                    .named = from.named && !from.key.empty()};
        // Of a former life's numbers none is given twice.
        if (from.ours && !socket.name.empty())
            stored_ = std::max<std::size_t>(
                stored_,
                std::strtoul(socket.name.c_str() + socket.name.rfind('#') + 1, nullptr, 10) + 1);
        // What a former image prepared may be in the hands of a program.
        if (!from.handed) prepare(socket, options);
        open_.push_back(std::move(socket));
    }
}

void ServiceSockets::prepare(const Open& socket, const SocketOptions& options) {
    // Nobody may make the root process wait, and datagrams are answered from where they came.
    set_nonblocking(socket.fd.get(), true);
    if (options.packet_info) want_packet_info(socket.fd.get(), socket.address.family());
    if (!socket.foreign) adjust_listener(socket.fd.get(), options);
    log_(Level::info,
         fmt::format("{}: {} is inherited, as `{}'", spec_->id, socket.address.str(), socket.name));
}

void ServiceSockets::open_one(const SocketAddress& address, const std::string& host,
                              const SocketOptions& options) {
    Open socket;
    socket.fd = open_listener(address, options);
    socket.host = host;
    socket.address = local_address(socket.fd.get());
    socket.specific = is_specific(address);
    struct stat status {};
    if (address.family() == AF_UNIX && address.local.sun_path[0] != '\0' &&
        ::lstat(address.local.sun_path, &status) == 0) {
        socket.inode = status.st_ino;
        socket.device = status.st_dev;
    }
    open_.push_back(std::move(socket));
}

std::vector<HandedSocket> ServiceSockets::hand_over() const {
    std::vector<HandedSocket> handed;
    for (const Open& open : open_)
        handed.push_back({.fd = {open.fd.get()},
                          .key = spec_->key(),
                          .name = open.name,
                          .host = open.host,
                          .ours = !open.foreign,
                          .named = open.named,
                          .inode = open.inode,
                          .device = open.device});
    return handed;
}

bool ServiceSockets::have(const SocketAddress& address, const std::string& host) const {
    return std::any_of(open_.begin(), open_.end(), [&](const Open& open) {
        // Where the kernel chooses the port, one of this host and address is enough.
        return open.address == address ||
               (spec_->port == 0 && open.host == host && open.address.host() == address.host());
    });
}

bool ServiceSockets::try_open(Wanted& wanted) {
    std::string place = wanted.host.empty() ? "*" : wanted.host;
    std::string problem;
    try {
        std::vector<SocketAddress> addresses;
        if (spec_->family == Family::unix_domain) {
            place = spec_->path;
            addresses.push_back(unix_address(spec_->path));
        } else {
            addresses = resolve(wanted.host, spec_->port, family_of(spec_->family));
        }
        const bool wildcard = wanted.host.empty() || wanted.host == "*";
        unsigned opened = 0;
        for (const SocketAddress& address : addresses) {
            place = address.str();
            try {
                if (!have(address, wanted.host)) open_all(address, wanted.host);
                ++opened;
            } catch (const std::system_error& error) {
                // A kernel without IPv6 has no IPv6 half of "any address".
                const bool no_family =
                    error.code().value() == EAFNOSUPPORT || error.code().value() == EADDRNOTAVAIL;
                const bool other_half = wildcard && no_family && address.family() == AF_INET6;
                // One socket for both is then one for IPv4, as with xinetd.
                if (other_half && spec_->family == Family::dual) {
                    for (const SocketAddress& v4 : resolve(wanted.host, spec_->port, AF_INET))
                        if (++opened; !have(v4, wanted.host)) open_all(v4, wanted.host);
                } else if (!other_half || spec_->family != Family::any)
                    problem = fmt::format("{}: {}", place, error.what());
            }
        }
        if (opened == 0 && problem.empty())
            problem = fmt::format("{}: no address to listen on", place);
    } catch (const std::exception& error) {
        problem = fmt::format("{}: {}", place, error.what());
    }
    if (problem.empty()) {
        if (!wanted.problem.empty())
            log_(Level::notice, fmt::format("{}: listens on {} now", spec_->id, place));
        return true;
    }
    if (problem != wanted.problem)
        log_(Level::error, fmt::format("{}: {}: cannot listen on {}; trying again",
                                       spec_->where.str(), spec_->id, problem));
    wanted.problem = problem;
    return false;
}

void ServiceSockets::retry() noexcept {
    const std::size_t before = open_.size();
    std::erase_if(missing_, [this](Wanted& wanted) { return try_open(wanted); });
    if (!missing_.empty()) {
        delay_ = std::min(delay_ * 2, longest_delay);
        retry_.schedule(delay_);
    }
    if (open_.size() > before) opened_();
}

}  // namespace minetd
