// SPDX-License-Identifier: ISC
#include "daemon/os/host_names.h"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "daemon/os/socket.h"

namespace minetd {
namespace {

bool same_host(const SocketAddress& a, const SocketAddress& b) noexcept {
    if (a.family() != b.family()) return false;
    if (a.family() == AF_INET) return a.v4.sin_addr.s_addr == b.v4.sin_addr.s_addr;
    return std::memcmp(&a.v6.sin6_addr, &b.v6.sin6_addr, sizeof a.v6.sin6_addr) == 0;
}

}  // namespace

SocketAddress unmapped(const SocketAddress& address) noexcept {
    if (!address.is_mapped()) return address;
    SocketAddress plain;
    plain.v4.sin_family = AF_INET;
    plain.v4.sin_port = address.v6.sin6_port;
    std::memcpy(&plain.v4.sin_addr, address.v6.sin6_addr.s6_addr + 12, sizeof plain.v4.sin_addr);
    plain.length = sizeof plain.v4;
    return plain;
}

std::vector<SocketAddress> addresses_of(const std::string& host) {
    try {
        std::vector<SocketAddress> found = resolve(host, 0, AF_UNSPEC);
        for (SocketAddress& address : found) address = unmapped(address);
        return found;
    } catch (const std::runtime_error&) {
        return {};
    }
}

std::map<std::string, std::string> without_address(const std::vector<std::string>& names,
                                                   Milliseconds patience) {
    struct Lookups {
        std::vector<std::string> names;
        std::vector<gaicb> requests;
        std::vector<gaicb*> list;
    };
    auto lookups = std::make_unique<Lookups>();
    lookups->names = names;
    lookups->requests.resize(names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        lookups->requests[i].ar_name = lookups->names[i].c_str();
        lookups->list.push_back(&lookups->requests[i]);
    }
    gaicb** const list = lookups->list.data();
    const int count = static_cast<int>(names.size());
    std::map<std::string, std::string> without;
    if (count == 0 || ::getaddrinfo_a(GAI_NOWAIT, list, count, nullptr) != 0) return without;
    const Milliseconds until = monotonic_ms() + patience;
    const auto pending = [&](const gaicb* request) {
        return ::gai_error(const_cast<gaicb*>(request)) == EAI_INPROGRESS;
    };
    for (Milliseconds now = monotonic_ms(); now < until; now = monotonic_ms()) {
        std::vector<const gaicb*> left;
        std::copy_if(lookups->list.begin(), lookups->list.end(), std::back_inserter(left), pending);
        if (left.empty()) break;
        const Milliseconds rest = until - now;
        const timespec wait{.tv_sec = static_cast<time_t>(rest / 1000),
                            .tv_nsec = static_cast<long>(rest % 1000) * 1'000'000};
        ::gai_suspend(left.data(), static_cast<int>(left.size()), &wait);
    }
    bool abandoned = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
        gaicb* const request = list[i];
        const int error = ::gai_error(request);
        if (error == EAI_INPROGRESS) {
            without.emplace(names[i], fmt::format("no answer within {} s", patience / 1000));
            abandoned = ::gai_cancel(request) != EAI_CANCELED || abandoned;
        } else if (error != 0) {
            without.emplace(names[i], ::gai_strerror(error));
        }
        if (error == 0) ::freeaddrinfo(request->ar_result);
    }
    // A look-up that goes on writes to its request in the end.
    if (abandoned) static_cast<void>(lookups.release());
    return without;
}

std::string confirmed_name(const SocketAddress& address) {
    const SocketAddress plain = unmapped(address);
    char text[NI_MAXHOST];
    if (!plain.is_ip() ||
        ::getnameinfo(plain.raw(), plain.length, text, sizeof text, nullptr, 0, NI_NAMEREQD) != 0)
        return {};
    const std::vector<SocketAddress> found = addresses_of(text);
    const bool confirmed = std::any_of(found.begin(), found.end(), [&](const SocketAddress& one) {
        return same_host(one, plain);
    });
    if (!confirmed) return {};
    std::string name = text;
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (name.ends_with('.')) name.pop_back();
    return name;
}

}  // namespace minetd
