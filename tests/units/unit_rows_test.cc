// SPDX-License-Identifier: ISC
#include "daemon/units/unit_rows.h"

#include <doctest/doctest.h>

#include <map>

#include "daemon/config/attributes.h"

using namespace minetd;

TEST_SUITE("units") {
    TEST_CASE("every attribute has one row, and every row an attribute") {
        std::map<std::string_view, int> rows;
        for (const auto& some : unit_rows())
            for (const UnitRow& row : some) {
                CAPTURE(row.attribute);
                CHECK(find_service_attribute(row.attribute) != nullptr);
                ++rows[row.attribute];
            }
        for (const auto& attribute : service_attributes()) {
            CAPTURE(attribute.name);
            CHECK(rows[attribute.name] == 1);
        }
    }
}
