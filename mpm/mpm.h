// SPDX-License-Identifier: ISC
// The table of ways to serve: one row for every fourth word that exists.
#pragma once

#include <span>
#include <string_view>

#include "mpm/dispatcher.h"

namespace minetd {

struct Mpm {
    Serve serve;
    std::string_view name;
    std::unique_ptr<Dispatcher> (*for_program)(Runtime&, Assignment);
    std::unique_ptr<Dispatcher> (*for_builtin)(Runtime&, Assignment);
};

std::span<const Mpm> mpms() noexcept;

}  // namespace minetd
