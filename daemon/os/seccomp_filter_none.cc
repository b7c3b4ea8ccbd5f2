// SPDX-License-Identifier: ISC
#include <stdexcept>

#include "daemon/os/seccomp_filter.h"

namespace minetd::seccomp {

bool available() noexcept {
    return false;
}
bool knows(std::string_view) {
    return false;
}
std::vector<std::string_view> set_names() {
    return {};
}
Program compile(std::span<const std::string>, std::span<const std::string_view>, bool) {
    throw std::runtime_error("this minetd was built without libseccomp");
}

}  // namespace minetd::seccomp
