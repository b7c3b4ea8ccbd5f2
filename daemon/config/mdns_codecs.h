// SPDX-License-Identifier: ISC
// Names and types of services that are discovered (RFC 6763), as attributes.
#pragma once

#include <string>

#include "daemon/config/codecs.h"

namespace minetd::codec {

/// A label of DNS-SD: up to 63 bytes of UTF-8, in which `%h` and `%s` stand for others.
struct DiscoveryName {
    static constexpr std::string_view type = "text with %h for the host and %s for the service";
    static constexpr bool operators = false;
    static void apply(const Attribute& row, std::string& value, Operator op, Words words);
    static std::string format(const std::string& value) { return quote(value); }
};

/// `_http._tcp`; empty: by the service's name.
struct DiscoveryType {
    static constexpr std::string_view type = "_NAME._tcp or _NAME._udp";
    static constexpr bool operators = false;
    static void apply(const Attribute& row, std::string& value, Operator op, Words words);
    static std::string format(const std::string& value) { return quote(value); }
};

}  // namespace minetd::codec
