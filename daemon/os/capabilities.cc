// SPDX-License-Identifier: ISC
#include "daemon/os/capabilities.h"

#include <cap-ng.h>

#include <algorithm>

namespace minetd::capability {
namespace {

unsigned last() noexcept {
    return static_cast<unsigned>(CAP_LAST_CAP);
}

Mask own(capng_type_t type) {
    Mask mask = 0;
    if (::capng_get_caps_process() != 0) return mask;
    for (unsigned number = 0; number <= last(); ++number)
        if (::capng_have_capability(type, number) != 0) mask |= bit(number);
    return mask;
}

}  // namespace

bool available() noexcept {
    return true;
}

std::optional<unsigned> number(std::string_view name) {
    const int found = ::capng_name_to_capability(std::string(name).c_str());
    if (found < 0 || static_cast<unsigned>(found) > last()) return std::nullopt;
    return static_cast<unsigned>(found);
}

std::string name(unsigned number) {
    const char* const text = ::capng_capability_to_name(number);
    return text == nullptr ? std::to_string(number) : text;
}

std::vector<std::string> all_names() {
    std::vector<std::string> names;
    for (unsigned number = 0; number <= last(); ++number) names.push_back(name(number));
    std::sort(names.begin(), names.end());
    return names;
}

Mask permitted() {
    return own(CAPNG_PERMITTED);
}

Mask bounding() {
    return own(CAPNG_BOUNDING_SET);
}

}  // namespace minetd::capability
