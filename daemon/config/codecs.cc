// SPDX-License-Identifier: ISC
#include "daemon/config/codecs.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "daemon/config/names.h"

namespace minetd::codec {

void require_set(Operator op) {
    if (op != Operator::set)
        throw BadValue("this attribute has one value: += and -= are for lists", "write =");
}

const std::string& checked_text(const Attribute& row, const std::string& word) {
    for (const unsigned char c : word)
        if (c < 0x20 || c == 0x7F) throw BadValue("there is a control character in this");
    if (static_cast<std::int64_t>(word.size()) < row.min) throw BadValue("this cannot be empty");
    if (static_cast<std::int64_t>(word.size()) > row.max)
        throw BadValue(fmt::format("this has {} bytes, more than {}", word.size(), row.max));
    return word;
}

const std::string& only_word(Operator op, Words words) {
    require_set(op);
    if (words.empty())
        throw BadValue("there is no value", R"(write ="" where it is meant to be empty)");
    if (words.size() > 1)
        throw BadValue("there is more than one value here",
                       "put quotes around blanks that belong to it; a deeper indented line goes on "
                       "with the value above",
                       1);
    return words[0].text;
}

void unknown_word(const std::string& word, std::span<const std::string_view> known) {
    std::string all;
    for (const std::string_view name : known) all += (all.empty() ? "" : ", ") + std::string(name);
    const std::string hint = did_you_mean(word, known);
    throw BadValue(fmt::format("`{}` is not known here", word),
                   (hint.empty() ? "" : hint + " ") + fmt::format("There are {}.", all));
}

void YesNo::apply(const Attribute&, bool& value, Operator op, Words words) {
    static constexpr std::string_view yes[] = {"yes", "true", "on", "1"},
                                      no[] = {"no", "false", "off", "0"};
    const std::string& word = only_word(op, words);
    const auto is = [&](std::string_view name) { return same_word(name, word); };
    if (!std::any_of(std::begin(yes), std::end(yes), is) &&
        !std::any_of(std::begin(no), std::end(no), is))
        throw BadValue(fmt::format("`{}` is neither yes nor no", word));
    value = std::any_of(std::begin(yes), std::end(yes), is);
}

void Decimal::apply(const Attribute& row, double& value, Operator op, Words words) {
    const std::string& word = only_word(op, words);
    double number = 0;
    const auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
    const std::string advice = fmt::format("write a number of at most {}, such as 1.5", row.max);
    if (end != word.data() + word.size() || error == std::errc::invalid_argument)
        throw BadValue(fmt::format("`{}` is not a number", word), advice);
    // An infinity or none at all is not in the range either.
    if (error != std::errc{} || !(number > 0 && number <= static_cast<double>(row.max)))
        throw BadValue(fmt::format("{} is out of range: more than 0", word), advice);
    value = number;
}

// As apply() reads it: without an exponent.
std::string Decimal::format(double value) {
    char text[512];  // of the least number: 324 zeros, and its figures
    return {text, std::to_chars(text, std::end(text), value, std::chars_format::fixed).ptr};
}

void Kibibytes::apply(const Attribute& row, std::uint64_t& value, Operator op, Words words) {
    const std::string& word = only_word(op, words);
    value =
        static_cast<std::uint64_t>(size_from(decimal(word) ? word + "k" : word, row.min, row.max));
}

std::string Kibibytes::format(std::uint64_t value) {
    return value == 0 ? "0" : fmt::format("{}k", value / 1024);
}

void Mode::apply(const Attribute&, mode_t& value, Operator op, Words words) {
    value = mode_from(only_word(op, words));
}

void Text::apply(const Attribute& row, std::string& value, Operator op, Words words) {
    value = checked_text(row, only_word(op, words));
}

void Path::apply(const Attribute& row, std::string& value, Operator op, Words words) {
    const std::string& word = checked_text(row, only_word(op, words));
    if (!word.empty() && word[0] != '/')
        throw BadValue(fmt::format("`{}` is not an absolute path", word), "begin it with a slash");
    value = word;
}

void List::apply(const Attribute&, std::vector<std::string>& value, Operator op, Words words) {
    if (op == Operator::set) value.clear();
    for (const Word& word : words) {
        const auto found = std::find(value.begin(), value.end(), word.text);
        if (op == Operator::remove) {
            if (found == value.end())
                throw BadValue(fmt::format("`{}` is not in the list", word.text));
            value.erase(found);
        } else if (found == value.end()) {
            value.push_back(word.text);
        }
    }
}

void Variables::apply(const Attribute& row, std::vector<std::string>& value, Operator op,
                      Words words) {
    for (const Word& word : words)
        if (word.text.empty() || word.text == "*" || word.text.find('=') != std::string::npos)
            throw BadValue(fmt::format("`{}` is not the name of a variable", word.text),
                           "write names, or `passenv = *` for all",
                           static_cast<std::size_t>(&word - words.data()));
    List::apply(row, value, op, words);
}

void Addresses::apply(const Attribute& row, std::vector<std::string>& value, Operator op,
                      Words words) {
    std::vector<Word> plain;
    for (const Word& word : words) {
        std::string_view rest = word.text;
        // Commas separate as well as blanks do, as in the first field of a line.
        for (bool more = true; more;) {
            const std::size_t comma = rest.find(',');
            std::string_view host = rest.substr(0, comma);
            more = comma != std::string_view::npos;
            rest = more ? rest.substr(comma + 1) : std::string_view();
            if (host.starts_with('[') && host.ends_with(']'))
                host = host.substr(1, host.size() - 2);
            const bool strange = std::any_of(host.begin(), host.end(), [](unsigned char c) {
                return c <= ' ' || c == 0x7F ||
                       std::string_view("[]/\"'#@;=").find(static_cast<char>(c)) !=
                           std::string_view::npos;
            });
            const auto index = static_cast<std::size_t>(&word - words.data());
            if (host.empty() || strange ||
                (host.find(':') != std::string_view::npos &&
                 address_family(std::string(host)) != AF_INET6))
                throw BadValue(fmt::format("`{}` is not an address or a host's name", host),
                               "write 192.0.2.1, 2001:db8::1, a name, or * for any address", index);
            plain.push_back({std::string(host), word.offset});
        }
    }
    List::apply(row, value, op, plain);
    if (std::find(value.begin(), value.end(), "*") == value.end()) return;
    if (value.size() > 1)
        throw BadValue("`*` already is every address", "leave the others out, or the `*`");
    value.clear();
}

std::string Addresses::format(const std::vector<std::string>& value) {
    return value.empty() ? "*" : quote(value);
}

void Environment::apply(const Attribute&, Map& value, Operator op, Words words) {
    if (op == Operator::set) value.clear();
    for (const Word& word : words) {
        const auto index = static_cast<std::size_t>(&word - words.data());
        const std::size_t equals = word.text.find('=');
        const std::string name = word.text.substr(0, equals);
        if (name.empty() || (equals == std::string::npos) == (op != Operator::remove))
            throw BadValue(
                fmt::format("`{}` is not {}", word.text,
                            op == Operator::remove ? "the name of a variable" : "NAME=value"),
                {}, index);
        if (op != Operator::remove)
            value[name] = word.text.substr(equals + 1);
        else if (value.erase(name) == 0)
            throw BadValue(fmt::format("`{}` is not set here", name), {}, index);
    }
}

std::string Environment::format(const Map& value) {
    std::vector<std::string> words;
    for (const auto& [name, text] : value) words.push_back(name + "=" + text);
    return quote(words);
}

void Stderr::apply(const Attribute& row, StderrTarget& value, Operator op, Words words) {
    using Kind = StderrTarget::Kind;
    const std::string& word = checked_text(row, only_word(op, words));
    if (same_word(word, "socket"))
        value = {Kind::socket, {}};
    else if (same_word(word, "log"))
        value = {Kind::log, {}};
    else if (same_word(word, "null"))
        value = {Kind::null, {}};
    else if (word.starts_with('/'))
        value = {Kind::file, word};
    else if (word.starts_with("file:/"))
        value = {Kind::file, word.substr(5)};
    else
        throw BadValue(fmt::format("`{}` is not a place for standard error", word),
                       "write socket, log, null or an absolute path");
}

std::string Stderr::format(const StderrTarget& value) {
    using Kind = StderrTarget::Kind;
    switch (value.kind) {
        case Kind::socket:
            return "socket";
        case Kind::log:
            return "log";
        case Kind::null:
            return "null";
        case Kind::file:
            return quote(value.path);
    }
    return "socket";
}

void Cps::apply(const Attribute& row, Value& value, Operator op, Words words) {
    require_set(op);
    if (words.size() == 1 && same_word(words[0].text, "unlimited")) {
        value.reset();
        return;
    }
    if (words.size() != 2)
        throw BadValue("cps takes two numbers",
                       "write `cps = 50 10`: 50 a second, else 10 seconds of pause");
    const auto rate = number_from(words[0].text, row.min, row.max);
    const auto wait = seconds_from(words[1].text, row.min, row.max);
    value.reset();
    if (rate > 0)
        value = ConnectionsPerSecond{static_cast<unsigned>(rate), static_cast<unsigned>(wait)};
}

std::string Cps::format(const Value& value) {
    return value ? fmt::format("{} {}", value->rate, value->wait) : "unlimited";
}

void Protocol::apply(const Attribute&, ServiceSpec& spec, Operator op, Words words) {
    const std::string& word = only_word(op, words);
    const auto protocol = protocol_from(word);
    if (!protocol) {
        static constexpr std::string_view known[] = {"tcp",  "tcp4", "tcp6",  "tcp46", "udp",
                                                     "udp4", "udp6", "udp46", "unix"};
        const std::string hint = did_you_mean(word, known);
        throw BadValue(fmt::format("there is no protocol `{}`", word),
                       hint.empty()
                           ? "write tcp, udp, unix or a name of protocols(5), with 4, 6 or 46"
                           : hint);
    }
    spec.protocol = protocol->base;
    spec.family = protocol->family;
    spec.protocol_number = protocol->number;
}

std::string Protocol::format(const ServiceSpec& spec) {
    return protocol_text(spec.protocol, spec.family);
}

void Tcpmux::apply(const Attribute& row, ServiceSpec& spec, Operator op, Words words) {
    spec.tcpmux = spec.tcpmux_plus = words.size() == 1 && same_word(words[0].text, "plus");
    if (!spec.tcpmux) YesNo::apply(row, spec.tcpmux, op, words);
}

std::string Tcpmux::format(const ServiceSpec& spec) {
    return spec.tcpmux_plus ? "plus" : YesNo::format(spec.tcpmux);
}

}  // namespace minetd::codec
