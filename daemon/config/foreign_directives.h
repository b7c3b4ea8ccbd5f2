// SPDX-License-Identifier: ISC
// What stands beside the directives of pools in an httpd.conf and has nothing to say here.
#pragma once

#include <string_view>

namespace minetd {

struct ForeignDirective {
    std::string_view name;
    std::string_view why;      ///< it is not needed
    std::string_view instead;  ///< what to do
};

/// By Apache's name, without case; null for any other.
const ForeignDirective* find_foreign_directive(std::string_view name) noexcept;

}  // namespace minetd
