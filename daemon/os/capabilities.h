// SPDX-License-Identifier: ISC
// Names and sets of capabilities(7), through libcap-ng. capabilities.cc has it,
// capabilities_none.cc is for systems without.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace minetd::capability {

/// A set: bit n is capability n.
using Mask = std::uint64_t;
constexpr Mask bit(unsigned number) noexcept {
    return Mask{1} << number;
}

/// minetd was built with it.
bool available() noexcept;

/// Of a name without `cap_`, in lower case; nothing for one that the library or the kernel does not
/// know.
std::optional<unsigned> number(std::string_view name);
std::string name(unsigned number);
std::vector<std::string> all_names();  ///< in the order of the alphabet

/// What this process may do, and what any program that it starts could ever get.
Mask permitted();
Mask bounding();

}  // namespace minetd::capability
