// SPDX-License-Identifier: ISC
// The table of builtins.
#pragma once

#include <span>
#include <string_view>

#include "services/handler.h"

namespace minetd {

std::span<const Builtin> builtins() noexcept;
/// By name, without case; null when there is none.
const Builtin* find_builtin(std::string_view name) noexcept;

}  // namespace minetd
