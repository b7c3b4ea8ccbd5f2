// SPDX-License-Identifier: ISC
// THE table of attributes: parsing, inheritance, ranges, dump, help and reload go by it. A new
// attribute is a member of the spec, a row in the part of the table that is about such (socket_rows.cc
// and so on), and one use.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "daemon/config/service_spec.h"
#include "daemon/config/words.h"

namespace minetd {

enum class Operator : std::uint8_t { set, add, remove };
using Words = std::span<const Word>;

/// What a reload has to do when the attribute changed.
enum class Effect : std::uint8_t {
    none,     ///< the daemon itself goes by it: the new value counts at once
    servers,  ///< it lives in running servers: they are replaced
    socket    ///< it is where the service listens: a new socket
};

/// The part of a row that is the same for every spec.
struct Attribute {
    std::string_view name;     ///< as dump() writes it
    std::string_view aliases;  ///< further names, with blanks between
    std::int64_t min, max;     ///< of the number, or of the length of a text
    bool in_defaults;          ///< [defaults] may say it
    Effect effect;
    std::string_view help;
};

/// A row for one kind of spec. The functions are made from member pointers and a codec.
template <class Spec>
struct Row : Attribute {
    std::string_view type;  ///< what a value looks like
    bool operators;         ///< += and -= too
    /// Throws BadValue.
    void (*assign)(const Attribute&, Spec&, Operator, Words);
    std::string (*format)(const Spec&);
    void (*copy)(const Spec& from, Spec& to);
    bool (*equal)(const Spec&, const Spec&);
};

/// In the order in which --attributes and dump() show them.
std::span<const Row<ServiceSpec>> service_attributes() noexcept;
std::span<const Row<DaemonSpec>> daemon_attributes() noexcept;

/// By name or alias, without case, underscores and dashes; null when there is none.
const Row<ServiceSpec>* find_service_attribute(std::string_view name);
const Row<DaemonSpec>* find_daemon_attribute(std::string_view name);
/// "did you mean `x`?" for an unknown name, or nothing.
std::string suggest_attribute(std::string_view name);

}  // namespace minetd
