// SPDX-License-Identifier: ISC
// Names of services and protocols: this host's databases, and what must be known without them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/config/service_spec.h"

namespace minetd {

/// The third field without its options: `tcp46` is tcp and Family::dual.
struct ProtocolName {
    std::string base;
    Family family = Family::any;
    int number = 0;
};
/// Nothing for a name that is no protocol; throws BadValue for one that a service cannot use.
std::optional<ProtocolName> protocol_from(std::string_view text);
/// The inverse: `tcp46`, `udp`, `unix`.
std::string protocol_text(std::string_view base, Family family);

/// The port of a service word, host order: a number, or a name of services(5) for this protocol.
std::optional<std::uint16_t> port_of(const std::string& name, const std::string& protocol);
/// The port that services(5) itself has for a name and a protocol, without what is known otherwise.
std::optional<std::uint16_t> listed_port(const std::string& name, const std::string& protocol);
/// A service of services(5) whose name is near; empty if there is none.
std::string nearest_service(const std::string& name);

/// The socket type that goes with a protocol unless another one is written.
SocketType usual_type(std::string_view protocol) noexcept;
std::string_view socket_type_text(SocketType type) noexcept;

/// `[2001:db8::1]` for an IPv6 address, the text itself for anything else.
std::string bracketed(std::string_view host);
/// AF_INET or AF_INET6 for a numeric address (with or without %interface), AF_UNSPEC for a name.
int address_family(const std::string& host) noexcept;

}  // namespace minetd
