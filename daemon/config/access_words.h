// SPDX-License-Identifier: ISC
// The words of `only_from` and `no_access`: xinetd's, and what its users believed it took.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/config/admission_spec.h"

namespace minetd {

/// Appends what the word means:
///   192.0.2.7, 2001:db8::1     that address
///   10.1.0.0, 127.0            IPv4 whose last octets are zero: the network of the rest
///   0.0.0.0                    every IPv4 address
///   10.1.0.0/16, 2001:db8::/32, 10.1.0.0/255.255.0.0
///   10.1.2.{3,4,7}             several that differ in the last octet
///   .example.org               the hosts of a domain, by the peer's name
///   host.example.org           the host of this name, by the peer's name
///   a name of networks(5)      with the mask of its class, as xinetd
/// Throws BadValue.
void read_access_word(std::string_view word, AccessRules& rules);

/// `192.168`, `192.168/16`: a network to whoever reads it, and to inet_aton(3) an address whose
/// last number fills the octets that are missing. read_access_word() takes neither for it.
struct ShortAddress {
    std::string is, looks_like;  ///< 192.0.0.168 and 192.168.0.0/16
};
std::optional<ShortAddress> short_address(std::string_view word);

/// As read_access_word() takes it.
std::string access_text(const AccessRule& rule);

}  // namespace minetd
