// SPDX-License-Identifier: ISC
// The sections part of a file, read with inih; the only place that knows inih.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/config/attributes.h"
#include "daemon/config/module_block.h"
#include "daemon/config/source.h"

namespace minetd {

/// `name = value`, `name += value`, or Apache's `Name value`. The value may go on in indented
/// lines.
struct Setting {
    std::string name;
    Operator op = Operator::set;
    Where where;                               ///< of the name
    std::shared_ptr<LogicalLine> value;        ///< may be empty
    std::shared_ptr<const ModuleBlock> block;  ///< it is in this <IfModule>; null: in none
};

struct Section {
    std::string header;  ///< the text between the brackets
    Place place;
    bool broken = false;     ///< something in it could not be read
    bool ownerless = false;  ///< its header could not be read, so nobody knows whom it is about
    bool include = false;    ///< no section: the one setting's value is a path to be read here
    std::vector<Setting> settings;
};

/// Reads all sections from line `index` (counted from 0) to the end of the source.
std::vector<Section> read_sections(const std::shared_ptr<const Source>& source, std::size_t index,
                                   Diagnostics& diagnostics);

}  // namespace minetd
