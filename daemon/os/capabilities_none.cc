// SPDX-License-Identifier: ISC
#include "daemon/os/capabilities.h"

namespace minetd::capability {

bool available() noexcept {
    return false;
}
std::optional<unsigned> number(std::string_view) {
    return std::nullopt;
}
std::string name(unsigned number) {
    return std::to_string(number);
}
std::vector<std::string> all_names() {
    return {};
}
Mask permitted() {
    return 0;
}
Mask bounding() {
    return 0;
}

}  // namespace minetd::capability
