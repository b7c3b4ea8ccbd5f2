// SPDX-License-Identifier: ISC
// A service while it is being read: its spec so far, and where each thing was said.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/attributes.h"
#include "daemon/config/source.h"

namespace minetd {

class Draft {
  public:
    explicit Draft(Place place) : place_(std::move(place)) {}

    /// Says one attribute. What is wrong with the value is an error at its word, and breaks the
    /// draft.
    void assign(const Row<ServiceSpec>& row, Operator op, Words words, const Place& place,
                Diagnostics& diagnostics);
    /// The same by name, which must be in the table.
    void assign(std::string_view attribute, Words words, const Place& place,
                Diagnostics& diagnostics);
    void assign(std::string_view attribute, const std::string& word, const Place& place,
                Diagnostics& diagnostics);

    /// Puts the defaults under what was said so far, in place of those that were there.
    void inherit(const Draft& defaults);

    bool says(std::string_view attribute) const { return find(said_, attribute) != nullptr; }
    bool inherits(std::string_view attribute) const {
        return find(inherited_, attribute) != nullptr;
    }
    /// Where the attribute was said; the place of the definition if it was not.
    Where where(std::string_view attribute) const;
    Where where() const { return place_.where(); }
    /// The same, but an attribute that only the defaults say was said there.
    Where origin(std::string_view attribute) const;
    const Place& place() const { return place_; }

    /// An error that belongs to an attribute: reports it there and breaks the draft.
    void error(std::string_view attribute, std::string message, std::string advice,
               Diagnostics& diagnostics);
    void break_it() { broken_ = true; }
    bool broken() const { return broken_; }
    /// For Configuration::broken: key(), or `name/?` when another part of it is not known, or
    /// `id/?`.
    std::string broken_key() const;

    ServiceSpec spec;
    std::string label;      ///< the header of the section that defined it; empty for a line
    bool plain_key = true;  ///< false: name, protocol or versions could not be read: no key()
    bool whole_key = true;  ///< false: another part of key() could not be read
    bool by_id = false;     ///< its name may be another one at each load: xinetd's entries

  private:
    using Sayings = std::vector<std::pair<const Row<ServiceSpec>*, Place>>;
    static const Place* find(const Sayings& sayings, std::string_view attribute);

    Place place_;
    Sayings said_, inherited_;
    bool broken_ = false;
};

}  // namespace minetd
