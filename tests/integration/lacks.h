// SPDX-License-Identifier: ISC
// A test of what this build of minetd has not got is skipped, and says so.
#pragma once

#include <doctest/doctest.h>

#include <string>

namespace minetd {

/// True, said aloud, where the library is not there.
inline bool lacks(bool available, const std::string& library) {
    if (!available) MESSAGE("SKIPPED: minetd was built without " << library);
    return !available;
}

}  // namespace minetd
