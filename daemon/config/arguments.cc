// SPDX-License-Identifier: ISC
// argv behind its two attributes.
#include "daemon/config/attribute_row.h"

namespace minetd {

void Arguments::assign(const Attribute&, ServiceSpec& spec, Operator op, Words words) {
    auto& argv = spec.server_args;
    if (argv.empty()) argv.emplace_back();
    if (op == Operator::set) argv.resize(1);
    for (const Word& word : words) {
        if (op != Operator::remove) {
            argv.push_back(word.text);
            continue;
        }
        const auto found = std::find(argv.begin() + 1, argv.end(), word.text);
        if (found == argv.end()) throw BadValue("`" + word.text + "` is not among the arguments");
        argv.erase(found);
    }
}

std::string Arguments::format(const ServiceSpec& spec) {
    auto words = spec.server_args;
    if (!spec.is_builtin() && !words.empty()) words.erase(words.begin());
    return quote(words);
}

void Arguments::copy(const ServiceSpec& from, ServiceSpec& to) {
    const std::string argv0 = to.server_args.empty() ? "" : to.server_args[0];
    to.server_args = from.server_args;
    if (!to.server_args.empty()) to.server_args[0] = argv0;
}

bool Arguments::equal(const ServiceSpec& a, const ServiceSpec& b) {
    return format(a) == format(b);
}

void Argv0::assign(const Attribute& row, ServiceSpec& spec, Operator op, Words words) {
    if (spec.server_args.empty()) spec.server_args.emplace_back();
    codec::Text::apply(row, spec.server_args[0], op, words);
}

std::string Argv0::format(const ServiceSpec& spec) {
    return quote(spec.is_builtin() || spec.server_args.empty() ? "" : spec.server_args[0]);
}

void Argv0::copy(const ServiceSpec& from, ServiceSpec& to) {
    if (to.server_args.empty()) to.server_args.emplace_back();
    to.server_args[0] = from.server_args.empty() ? "" : from.server_args[0];
}

bool Argv0::equal(const ServiceSpec& a, const ServiceSpec& b) {
    return format(a) == format(b);
}

}  // namespace minetd
