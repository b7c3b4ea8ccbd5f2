// SPDX-License-Identifier: ISC
// How a service is announced over multicast DNS (RFC 6762), for discovery (RFC 6763).
#pragma once

#include <string>
#include <string_view>

namespace minetd {

struct ServiceSpec;

struct MdnsSpec {
    bool announced = false;
    std::string name = "%h";  ///< what people see; `%h` is the host's name, `%s` the service's id
    std::string type;         ///< `_http._tcp`; empty: by the service's name
    bool operator==(const MdnsSpec&) const = default;
};

/// `_NAME._tcp` or `_NAME._udp` with a NAME that RFC 6335 (5.1) allows.
bool is_discovery_type(std::string_view type) noexcept;

/// mdns.type, or `_NAME._tcp` with the service's name (`_udp` for all that is not TCP, RFC 6763, 7);
/// whether it is one is another question.
std::string discovery_type(const ServiceSpec& spec);

}  // namespace minetd
