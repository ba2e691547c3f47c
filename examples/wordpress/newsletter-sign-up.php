<?php
/**
 * Plugin Name: Newsletter sign-up
 * Description: The shortcode [newsletter_sign_up url="https://news.example.org/join/daily"] shows a sign-up form.
 * Version: 1.0
 * Requires PHP: 7.4
 */

if (!defined('ABSPATH')) {
    exit;
}

/**
 * Return the form of the list at the address "url". What stands between the two halves of the shortcode is
 * the sentence that people agree to: the same as the list's own. Without JavaScript, or if the list does not
 * name this site, the form leads to a page with one more button.
 */
function newsletter_sign_up($attributes, $consent = '')
{
    $given = shortcode_atts(array('url' => '', 'label' => 'Your email address', 'button' => 'Sign me up'), $attributes);
    $url = esc_url($given['url'], array('https', 'http'));
    $script = preg_replace('~/join/[^/]+$~', '/join.js', $given['url'], 1, $found);
    if ($url === '' || !$found) {
        return '';
    }
    wp_enqueue_script('newsletter-sign-up', $script, array(), null, true);
    return '<form class="newsletter-sign-up" action="' . $url . '" method="post" accept-charset="utf-8">'
        . '<p><label>' . esc_html($given['label'])
        . ' <input name="email" type="email" autocomplete="email" required maxlength="254"></label></p>'
        . ($consent ? '<p>' . esc_html($consent) . '</p>' : '')
        . '<p><button type="submit">' . esc_html($given['button']) . '</button></p></form>';
}

add_shortcode('newsletter_sign_up', 'newsletter_sign_up');
