// SPDX-License-Identifier: ISC
// Numbers and addresses as text without the C library: usable between clone and exec, where a
// child shares its maker's memory and may touch neither locale, errno nor allocator.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>

namespace minetd {

/// Each writes at most the stated room plus a final NUL and returns the length without it.
std::size_t format_number(char* text, std::uint64_t value) noexcept;   // 20
std::size_t format_ipv4(char* text, const in_addr& address) noexcept;  // 15
/// RFC 5952: lower case, the longest run of zeros as `::`, a mapped IPv4 address in dotted form.
std::size_t format_ipv6(char* text, const in6_addr& address) noexcept;  // 45

}  // namespace minetd
