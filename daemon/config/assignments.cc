// SPDX-License-Identifier: ISC
// `assign_user`: a list with commas between its items.
#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/codecs.h"

namespace minetd::codec {
namespace {

/// One item: its words, and the first one's index among the value's.
struct Item {
    std::vector<std::string> parts;
    std::size_t word = 0;
};

/// Commas end items, with blanks around them or without.
std::vector<Item> items_from(Words words) {
    std::vector<Item> items(1);
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string_view rest = words[i].text;
        for (bool more = true; more;) {
            const std::size_t comma = rest.find(',');
            if (items.back().parts.empty()) items.back().word = i;
            if (comma > 0 && !rest.empty()) items.back().parts.emplace_back(rest.substr(0, comma));
            more = comma != std::string_view::npos;
            if (more) rest.remove_prefix(comma + 1), items.push_back({{}, i});
        }
    }
    if (words.empty()) items.clear();
    return items;
}

std::string plain_address(const Attribute& row, const Item& item) {
    std::vector<std::string> address;
    const Word word{item.parts[0], 0};
    Addresses::apply(row, address, Operator::set, Words(&word, 1));
    if (address.size() != 1)
        throw BadValue("`*` is no address of its own", "write an address that `bind` has",
                       item.word);
    return address[0];
}

const std::string& plain_name(const Attribute& row, const std::string& name) {
    if (name.find_first_of(" \t\"'#:\\") != std::string::npos)
        throw BadValue(fmt::format("`{}` is not the name of a user or group", name));
    return checked_text(row, name);
}

UserAssignment assignment_from(const Attribute& row, const Item& item) {
    constexpr std::string_view form = "write ADDRESS user [group], with commas between several";
    if (item.parts.size() < 2)
        throw BadValue(item.parts.empty() ? "there is nothing at this comma"
                                          : fmt::format("there is no user for {}", item.parts[0]),
                       std::string(form), item.word);
    if (item.parts.size() > 3)
        throw BadValue(fmt::format("there is too much for {}", item.parts[0]), std::string(form),
                       item.word);
    return {plain_address(row, item), plain_name(row, item.parts[1]),
            item.parts.size() > 2 ? plain_name(row, item.parts[2]) : std::string()};
}

}  // namespace

void Assignments::apply(const Attribute& row, Value& value, Operator op, Words words) {
    Value result = op == Operator::set ? Value{} : value;
    for (const Item& item : items_from(words)) {
        if (op == Operator::remove && item.parts.size() != 1)
            throw BadValue("-= takes addresses", "write assign_user -= ADDRESS", item.word);
        const std::string address = op == Operator::remove ? plain_address(row, item) : "";
        UserAssignment one =
            op == Operator::remove ? UserAssignment{address, {}, {}} : assignment_from(row, item);
        const auto found = std::find_if(result.begin(), result.end(), [&](const auto& other) {
            return other.address == one.address;
        });
        if ((found == result.end()) == (op == Operator::remove))
            throw BadValue(op == Operator::remove
                               ? fmt::format("{} is not in the list", one.address)
                               : fmt::format("{} belongs to {} already", one.address, found->user),
                           {}, item.word);
        if (op == Operator::remove)
            result.erase(found);
        else
            result.push_back(std::move(one));
    }
    value = std::move(result);
}

std::string Assignments::format(const Value& value) {
    std::string text;
    for (const UserAssignment& one : value)
        text += (text.empty() ? "" : ", ") + one.address + " " + one.user +
                (one.group.empty() ? "" : " " + one.group);
    return text;
}

}  // namespace minetd::codec
