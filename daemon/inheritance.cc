// SPDX-License-Identifier: ISC
#include "daemon/inheritance.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "daemon/units/descriptor_name.h"

namespace minetd {
namespace {

constexpr int first_descriptor = 3;  // SD_LISTEN_FDS_START
constexpr unsigned most_descriptors = 65'536;
constexpr long pid_file_system = 0x50494446;  // PIDFS_MAGIC, of Linux 6.9

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::uint64_t number_of(const char* name, const char* text) {
    const auto value = number(text);
    if (!value)
        throw std::invalid_argument(
            fmt::format("{} is `{}', which is no number: no socket is inherited", name, text));
    return *value;
}

std::optional<std::uint64_t> own_pidfd_id() {
    const UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    struct statfs system {};
    struct stat status {};
    if (!self || ::fstatfs(self.get(), &system) < 0 || system.f_type != pid_file_system ||
        ::fstat(self.get(), &status) < 0)
        return std::nullopt;
    return status.st_ino;
}

int socket_option(int fd, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, level, name, &value, &size) < 0 ? 0 : value;
}

int type_of(SocketType type) {
    constexpr int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW, SOCK_RDM};
    constexpr SocketType names[] = {SocketType::stream, SocketType::dgram, SocketType::seqpacket,
                                    SocketType::raw, SocketType::rdm};
    return types[std::find(std::begin(names), std::end(names), type) - std::begin(names)];
}

bool may_serve(const InheritedSocket& socket, const ServiceSpec& spec) {
    const int family = socket.address.family();
    const bool right_family = spec.family == Family::unix_domain ? family == AF_UNIX
                              : spec.family == Family::v4        ? family == AF_INET
                              : spec.family == Family::any ? family == AF_INET || family == AF_INET6
                                                           : family == AF_INET6;
    const bool connections = socket.type == SOCK_STREAM || socket.type == SOCK_SEQPACKET;
    const bool right_protocol =
        spec.protocol_number == 0 || family == AF_UNIX || socket.protocol == spec.protocol_number;
    return !spec.tcpmux && right_family && right_protocol &&
           socket.type == type_of(spec.socket_type) && socket.accepts == connections;
}

}  // namespace

std::vector<std::string> listen_names(const ListenVariables& variables, pid_t self,
                                      std::optional<std::uint64_t> pidfd_id) {
    if (variables.pid == nullptr || variables.fds == nullptr) return {};
    const std::uint64_t pid = number_of("LISTEN_PID", variables.pid);
    const std::uint64_t count = number_of("LISTEN_FDS", variables.fds);
    if (pid == 0) throw std::invalid_argument("LISTEN_PID is 0: no socket is inherited");
    if (pid != static_cast<std::uint64_t>(self)) return {};
    if (variables.pidfd_id != nullptr) {
        const std::uint64_t id = number_of("LISTEN_PIDFDID", variables.pidfd_id);
        if (pidfd_id && id != *pidfd_id) return {};
    }
    if (count > most_descriptors)
        throw std::invalid_argument(
            fmt::format("LISTEN_FDS is {}, more than the {} that can be: no socket is inherited",
                        count, most_descriptors));
    std::vector<std::string> names;
    if (variables.names != nullptr && *variables.names != '\0') {
        std::string_view rest = variables.names;
        for (std::size_t end; (end = rest.find(':')) != rest.npos; rest.remove_prefix(end + 1))
            names.emplace_back(rest.substr(0, end));
        names.emplace_back(rest);
        if (names.size() != count)
            throw std::invalid_argument(
                fmt::format("LISTEN_FDS is {}, but LISTEN_FDNAMES has {} names: no socket is "
                            "inherited",
                            count, names.size()));
    }
    names.resize(count, "unknown");
    return names;
}

std::string stored_prefix(const std::string& key) {
    return descriptor_name(key) + '#';
}

std::string stored_name(const std::string& key, std::size_t number) {
    return stored_prefix(key) + std::to_string(number);
}

std::optional<InheritedSocket> inspect_socket(UniqueFd fd, std::string name) {
    struct stat status {};
    if (::fstat(fd.get(), &status) < 0 || !S_ISSOCK(status.st_mode)) return std::nullopt;
    InheritedSocket socket;
    socket.address = local_address(fd.get());
    socket.type = socket_option(fd.get(), SOL_SOCKET, SO_TYPE);
    socket.protocol = socket_option(fd.get(), SOL_SOCKET, SO_PROTOCOL);
    socket.accepts = socket_option(fd.get(), SOL_SOCKET, SO_ACCEPTCONN) != 0;
    socket.v6only = socket_option(fd.get(), SOL_IPV6, IPV6_V6ONLY) != 0;
    const std::size_t mark = name.rfind('#');
    socket.ours = mark != name.npos && mark > 0 && number(name.substr(mark + 1)).has_value();
    socket.name = std::move(name);
    socket.fd = std::move(fd);
    return socket;
}

Inheritance Inheritance::take(std::vector<std::string>& problems) {
    Inheritance taken;
    std::vector<std::string> names;
    try {
        names = listen_names({.pid = std::getenv("LISTEN_PID"),
                              .fds = std::getenv("LISTEN_FDS"),
                              .names = std::getenv("LISTEN_FDNAMES"),
                              .pidfd_id = std::getenv("LISTEN_PIDFDID")},
                             ::getpid(), own_pidfd_id());
        for (std::size_t i = 0; i < names.size(); ++i)
            if (::fcntl(first_descriptor + static_cast<int>(i), F_GETFD) < 0)
                throw std::invalid_argument(
                    fmt::format("LISTEN_FDS is {}, but descriptor {} is not open: no socket is "
                                "inherited",
                                names.size(), first_descriptor + static_cast<int>(i)));
    } catch (const std::invalid_argument& problem) {
        problems.emplace_back(problem.what());
        names.clear();
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"})
        ::unsetenv(name);
    for (std::size_t i = 0; i < names.size(); ++i) {
        UniqueFd fd(first_descriptor + static_cast<int>(i));
        ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
        if (names[i] == saved_state_name) {
            taken.saved_state_ = std::move(fd);
            continue;
        }
        auto socket = inspect_socket(std::move(fd), names[i]);
        if (!socket) {
            problems.push_back(
                fmt::format("inherited descriptor `{}' is no socket: it is closed", names[i]));
            continue;
        }
        taken.from_outside_ |= !socket->ours;
        taken.sockets_.push_back(std::move(*socket));
    }
    return taken;
}

void Inheritance::take_over(std::vector<HandedSocket>& handed) {
    for (HandedSocket& from : handed) {
        auto socket = inspect_socket(from.fd.take(), from.name);
        if (!socket) continue;
        socket->ours = from.ours;
        socket->key = from.key;
        socket->handed = !from.key.empty();
        socket->named = from.named;
        socket->host = from.host;
        socket->inode = from.inode;
        socket->device = from.device;
        sockets_.push_back(std::move(*socket));
    }
}

void Inheritance::rename_handed(const std::string& before, const std::string& key) {
    for (InheritedSocket& socket : sockets_)
        if (socket.handed && socket.key == before) socket.key = key;
}

void Inheritance::release_handed() noexcept {
    for (InheritedSocket& socket : sockets_)
        if (std::exchange(socket.handed, false)) socket.key.clear();
}

std::vector<HandedSocket> Inheritance::hand_over() const {
    std::vector<HandedSocket> handed;
    for (const InheritedSocket& socket : sockets_)
        handed.push_back({.fd = {socket.fd.get()},
                          .key = {},
                          .name = socket.name,
                          .host = {},
                          .ours = socket.ours,
                          .inode = socket.inode,
                          .device = socket.device});
    return handed;
}

void Inheritance::assign(std::span<const std::shared_ptr<const ServiceSpec>> services) {
    for (InheritedSocket& socket : sockets_) {
        if (socket.handed) continue;
        socket.key.clear();
        if (socket.ours) continue;
        int best = 0;
        for (const auto& spec : services) {
            // Names of units and descriptors have no colons.
            const std::string key = stored_prefix(spec->key());
            const int fits = socket.name + '#' == key    ? 3
                             : socket.name == spec->id   ? 2
                             : socket.name == spec->name ? 1
                                                         : 0;
            if (fits <= best || !may_serve(socket, *spec)) continue;
            best = fits;
            socket.key = spec->key();
        }
    }
}

template <typename Wanted>
std::vector<InheritedSocket> Inheritance::extract(const Wanted& wanted) {
    std::vector<InheritedSocket> found;
    std::erase_if(sockets_, [&](InheritedSocket& socket) {
        if (!wanted(socket)) return false;
        found.push_back(std::move(socket));
        return true;
    });
    return found;
}

std::vector<InheritedSocket> Inheritance::named_for(const ServiceSpec& spec) {
    const std::string key = spec.key();
    return extract([&](const InheritedSocket& socket) { return socket.key == key; });
}

std::vector<InheritedSocket> Inheritance::bound_to(const SocketAddress& address,
                                                   const ServiceSpec& spec) {
    const std::string prefix = stored_prefix(spec.key());
    const bool only = spec.v6only ? *spec.v6only : spec.family != Family::dual;
    return extract([&](const InheritedSocket& socket) {
        if (!socket.key.empty() || !may_serve(socket, spec)) return false;
        const bool same = spec.port == 0 && address.is_ip()
                              ? socket.ours && socket.name.starts_with(prefix) &&
                                    socket.address.host() == address.host()
                              : socket.address == address;
        // Ours are made anew when they are not as they should be; another's serves as it is.
        return same && (!socket.ours || address.family() != AF_INET6 || socket.v6only == only);
    });
}

std::vector<InheritedSocket> Inheritance::forget_ours() {
    return extract([](const InheritedSocket& socket) { return socket.ours; });
}

}  // namespace minetd
