// SPDX-License-Identifier: ISC
// Services, announced over multicast DNS as long as they are there. A service that listens on one
// address is announced on the interface that has the address, and moves with it.
#include <fmt/core.h>
#include <ifaddrs.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "daemon/announcer.h"
#include "daemon/os/avahi.h"
#include "daemon/os/clock.h"

namespace minetd {
namespace {

constexpr Milliseconds look_again_after = 10'000;
/// For taking everything back, when avahi-daemon does not answer.
constexpr unsigned last_seconds = 5;

bool same_host(const SocketAddress& address, const sockaddr& other) {
    if (address.family() != other.sa_family) return false;
    if (other.sa_family == AF_INET)
        return address.v4.sin_addr.s_addr ==
               reinterpret_cast<const sockaddr_in&>(other).sin_addr.s_addr;
    return other.sa_family == AF_INET6 &&
           IN6_ARE_ADDR_EQUAL(&address.v6.sin6_addr,
                              &reinterpret_cast<const sockaddr_in6&>(other).sin6_addr);
}

bool is_any(const SocketAddress& address) {
    return address.family() == AF_INET ? address.v4.sin_addr.s_addr == INADDR_ANY
                                       : IN6_IS_ADDR_UNSPECIFIED(&address.v6.sin6_addr);
}

class Interfaces {
  public:
    Interfaces() {
        if (::getifaddrs(&all_) != 0) all_ = nullptr;
    }
    ~Interfaces() {
        if (all_ != nullptr) ::freeifaddrs(all_);
    }
    Interfaces(const Interfaces&) = delete;
    Interfaces& operator=(const Interfaces&) = delete;

    /// Index of the one where it can be reached, 0 for all; nothing if there is none.
    std::optional<unsigned> of(const Announcement& one) const {
        if (one.interface[0] != '\0') return index(one.interface);
        if (is_any(one.address)) return 0;
        if (one.address.family() == AF_INET6 && one.address.v6.sin6_scope_id != 0)
            return one.address.v6.sin6_scope_id;
        for (const ifaddrs* each = all_; each != nullptr; each = each->ifa_next)
            if (each->ifa_addr != nullptr && same_host(one.address, *each->ifa_addr))
                return index(each->ifa_name);
        return std::nullopt;
    }

  private:
    static std::optional<unsigned> index(const char* name) {
        const unsigned found = ::if_nametoindex(name);
        return found != 0 ? std::optional(found) : std::nullopt;
    }
    ifaddrs* all_ = nullptr;
};

/// `%s` filled in; `%h` and `%%` are left to who knows the host's name.
std::string name_of(const Announcement& one) {
    std::string name;
    for (const char* at = one.name; *at != '\0'; ++at) {
        if (at[0] != '%' || at[1] != 's') {
            name += *at;
            if (*at == '%' && at[1] != '\0') name += *++at;
            continue;
        }
        ++at;
        for (const char* id = one.service; *id != '\0'; ++id)
            name += *id == '%' ? "%%" : std::string(1, *id);
    }
    return name;
}

/// Those of several that say all: both families are any, and all interfaces contain one.
std::vector<avahi::Scope> merged(std::set<avahi::Scope> scopes) {
    for (const int family : {AF_INET, AF_INET6})
        if (scopes.contains({0, family}))
            std::erase_if(scopes, [&](const avahi::Scope& one) {
                return one.interface != 0 && one.family == family;
            });
    std::vector<avahi::Scope> out;
    for (const avahi::Scope& one : scopes) {
        const bool both =
            scopes.contains({one.interface, AF_INET}) && scopes.contains({one.interface, AF_INET6});
        if (!both)
            out.push_back(one);
        else if (one.family == AF_INET)
            out.push_back({one.interface, AF_UNSPEC});
    }
    return out;
}

class Directory {
  public:
    explicit Directory(Channel& parent) : parent_(parent) {}

    std::vector<avahi::Service> services_of(const Announcements& all) {
        const Interfaces interfaces;
        std::map<avahi::Service, std::set<avahi::Scope>> found;
        std::set<std::string> nowhere;
        for (const Announcement& one : all) {
            const auto interface = interfaces.of(one);
            if (interface)
                found[{name_of(one), one.type, one.address.port(), {}}].insert(
                    {*interface, one.address.family()});
            else
                nowhere.insert(fmt::format(
                    "{}: no interface has {}{}: announced when one has", one.service,
                    one.address.host(),
                    one.interface[0] != '\0' ? fmt::format(" and is {}", one.interface) : ""));
        }
        for (const std::string& complaint : nowhere)
            if (!complaints_.contains(complaint)) send_report(parent_, Level::warning, complaint);
        complaints_ = std::move(nowhere);
        std::vector<avahi::Service> out;
        for (auto& [service, scopes] : found) {
            out.push_back(service);
            out.back().scopes = merged(std::move(scopes));
        }
        return out;
    }

  private:
    Channel& parent_;
    std::set<std::string> complaints_;
};

}  // namespace

int announce_over_multicast_dns(Channel& parent) {
    AnnouncementReader reader;
    Announcements all;
    Directory directory(parent);
    avahi::Publisher publisher(
        [&](Level level, const std::string& text) { send_report(parent, level, text); });
    Milliseconds due = 0;
    for (;;) {
        publisher.wait(parent.fd(), std::max<Milliseconds>(0, due - monotonic_ms()));
        const AnnouncementReader::Heard heard = reader.receive(parent, all);
        if (heard == AnnouncementReader::Heard::end) break;
        if (heard == AnnouncementReader::Heard::nothing && monotonic_ms() < due) continue;
        publisher.publish(directory.services_of(all));
        due = monotonic_ms() + look_again_after;
    }
    ::alarm(last_seconds);
    return 0;  // and with the publisher all that it announced goes
}

}  // namespace minetd
