// SPDX-License-Identifier: ISC
// THE table of what each attribute becomes in units, for the services that systemd serves without
// minetd: every attribute has a row, in the order of the unit's lines.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "daemon/units/translation.h"

namespace minetd {

struct UnitRow {
    std::string_view attribute;
    void (*write)(Translation&);  ///< null: it is said elsewhere, or there is nothing to say
    /// Why there is nothing like it; told where the attribute is not what it is unless said.
    std::string_view lost = {};
};

/// By what they are about; socket_rows.cc and so on.
std::span<const UnitRow> socket_unit_rows() noexcept;
std::span<const UnitRow> admission_unit_rows() noexcept;
std::span<const UnitRow> program_unit_rows() noexcept;
std::span<const UnitRow> sandbox_unit_rows() noexcept;
std::span<const UnitRow> pool_unit_rows() noexcept;
std::array<std::span<const UnitRow>, 5> unit_rows() noexcept;

/// All rows, for one service.
void write_unit_rows(Translation& translation);

}  // namespace minetd
